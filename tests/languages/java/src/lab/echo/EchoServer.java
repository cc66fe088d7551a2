package lab.echo;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;

/** TCP echo server: a thread for each client. */
public class EchoServer {
    private static final int PORT = 65432;

    public static void main(String[] args) throws IOException {
        try (ServerSocket listener = new ServerSocket(PORT, 50, InetAddress.getByName("127.0.0.1"))) {
            while (true) {
                Socket client = listener.accept();
                System.out.println("client " + client.getRemoteSocketAddress());
                Thread worker = new Thread(new Echo(client));
                worker.setDaemon(true);
                worker.start();
            }
        }
    }
}
