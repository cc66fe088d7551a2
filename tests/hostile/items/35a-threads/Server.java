// Starts threads without end.
public class Server {
    public static void main(String[] args) {
        System.out.println("tried enough");
        while (true) {
            try {
                Thread thread = new Thread(() -> {
                    try {
                        Thread.sleep(600_000);
                    } catch (InterruptedException e) {
                        return;
                    }
                });
                thread.start();
            } catch (OutOfMemoryError e) {
                continue;
            }
        }
    }
}
