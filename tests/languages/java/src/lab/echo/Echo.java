package lab.echo;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;

/** Sends back what one client sends, until it closes. */
final class Echo implements Runnable {
    private final Socket client;

    Echo(Socket client) {
        this.client = client;
    }

    @Override
    public void run() {
        try (Socket socket = client) {
            InputStream in = socket.getInputStream();
            OutputStream out = socket.getOutputStream();
            byte[] block = new byte[8192];
            int count;
            while ((count = in.read(block)) != -1) {
                out.write(block, 0, count);
                out.flush();
            }
        } catch (IOException problem) {
            System.err.println(problem.getMessage());
        }
    }
}
