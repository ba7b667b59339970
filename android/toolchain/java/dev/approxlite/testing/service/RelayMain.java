package dev.approxlite.testing.service;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Paths;

/**
 * A process that only hands messages on, to the next one and its replies back, or back at once where it is the last:
 * what the sockets cost by themselves, without a service.
 */
final class RelayMain {
    private RelayMain() {}

    /** Arguments: the socket to listen at for one client, and the next relay's; without that it is the last. */
    public static void main(String[] arguments) throws IOException {
        try (ServerSocketChannel server = Wire.listen(Paths.get(arguments[0]));
                Wire client = new Wire(server.accept());
                Wire next = arguments.length > 1 ? Wire.connect(Paths.get(arguments[1])) : null) {
            for (;;) {
                ByteBuffer message = client.receive();
                if (next != null) {
                    send(next, message);
                    message = next.receive();
                }
                send(client, message);
            }
        } catch (IOException gone) {
            // the harness ended
        }
    }

    static void send(Wire wire, ByteBuffer message) throws IOException {
        wire.send(to -> to.put(message));
    }
}
