package dev.approxlite.testing.service;

import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** Small messages over a local socket, which stands in for binder on a desk. One reader; any number of writers. */
final class Wire implements Closeable {
    private static final int MOST = 4096;

    private final SocketChannel channel;
    private final ByteBuffer in = ByteBuffer.allocateDirect(MOST);
    private final ByteBuffer out = ByteBuffer.allocateDirect(MOST);

    Wire(SocketChannel channel) {
        this.channel = channel;
        in.limit(0);
    }

    static Wire connect(Path socket) throws IOException {
        return new Wire(SocketChannel.open(UnixDomainSocketAddress.of(socket)));
    }

    static ServerSocketChannel listen(Path socket) throws IOException {
        ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        server.bind(UnixDomainSocketAddress.of(socket));
        return server;
    }

    /** What a message is made of. */
    interface Content {
        void put(ByteBuffer to);
    }

    void send(Content content) throws IOException {
        synchronized (out) {
            out.clear();
            out.putInt(0);
            content.put(out);
            out.putInt(0, out.position() - 4);
            out.flip();
            while (out.hasRemaining()) {
                channel.write(out);
            }
        }
    }

    /** The next message, valid until the one after it. */
    ByteBuffer receive() throws IOException {
        need(4);
        int size = in.getInt();
        if (size < 0 || size > MOST - 4) {
            throw new IOException("a message of " + size + " bytes");
        }
        need(size);
        ByteBuffer message = in.slice(in.position(), size);
        in.position(in.position() + size);
        return message;
    }

    private void need(int bytes) throws IOException {
        if (in.remaining() >= bytes) {
            return;
        }
        in.compact();
        while (in.position() < bytes) {
            if (channel.read(in) < 0) {
                throw new EOFException("the other side is gone");
            }
        }
        in.flip();
    }

    static void putText(ByteBuffer to, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        to.putInt(Math.min(bytes.length, 1024)).put(bytes, 0, Math.min(bytes.length, 1024));
    }

    static String text(ByteBuffer from) {
        byte[] bytes = new byte[from.getInt()];
        from.get(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
