import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Scanner;

public class Client {
    public static void main(String[] args) throws Exception {
        Socket socket = new Socket("127.0.0.1", 8000);
        InputStream in = socket.getInputStream();
        OutputStream out = socket.getOutputStream();
        Scanner keyboard = new Scanner(System.in);
        byte[] buffer = new byte[1024];

        while (true) {
            System.out.print("Enter message: ");
            if (!keyboard.hasNextLine()) {
                break;
            }
            byte[] message = keyboard.nextLine().getBytes(StandardCharsets.UTF_8);
            out.write(Arrays.copyOf(message, Math.min(message.length, 1024)));
            int n = in.read(buffer);
            if (n < 0) {
                System.out.println("The server has left");
                break;
            }
            String answer = new String(buffer, 0, n, StandardCharsets.UTF_8);
            System.out.println("Received: " + answer);
            if (answer.equals("closed")) {
                break;
            }
        }
        socket.close();
    }
}
