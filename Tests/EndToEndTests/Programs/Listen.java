import java.net.InetAddress;
import java.net.ServerSocket;

/** Listen.java PORT : listens on 127.0.0.1 until its input ends. */
public class Listen {
  public static void main(String[] arguments) throws Exception {
    try (var listener =
        new ServerSocket(Integer.parseInt(arguments[0]), 8, InetAddress.getByName("127.0.0.1"))) {
      System.out.println("ready");
      System.in.read();
    }
  }
}
