// An annotation processor beside the program: javac must not run code of its own accord that reads tests.
import java.io.*;
import java.net.*;

public class Server {
    public static void main(String[] args) throws IOException {
        System.out.println("tried enough");
        try (ServerSocket server = new ServerSocket()) {
            server.setReuseAddress(true);
            server.bind(new InetSocketAddress("127.0.0.1", 65432));
            while (true) {
                try (Socket client = server.accept()) {
                    byte[] buffer = new byte[65536];
                    int count;
                    while ((count = client.getInputStream().read(buffer)) > 0) {
                        client.getOutputStream().write(buffer, 0, count);
                    }
                } catch (IOException e) {
                    continue;
                }
            }
        }
    }
}
