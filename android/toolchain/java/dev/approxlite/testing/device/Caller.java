package dev.approxlite.testing.device;

import java.io.Closeable;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** A tool that runs on the device, tests/farm/android.c: its words, its input, and what it is to print. */
final class Caller implements Closeable {
    private static final int MOST_WORDS = 64;
    private static final int LONGEST_WORD = 1 << 20;
    private static final int EXIT = 0;
    private static final int STDOUT = 1;
    private static final int STDERR = 2;
    private static final int WANTS_INPUT = 3;

    private final SocketChannel channel;
    private final DataInputStream in;
    private final DataOutputStream out;
    private final List<String> words = new ArrayList<>();

    Caller(SocketChannel channel) throws IOException {
        this.channel = channel;
        in = new DataInputStream(Channels.newInputStream(channel));
        out = new DataOutputStream(Channels.newOutputStream(channel));
        int count = in.readInt();
        for (int i = 0; i < Math.min(count, MOST_WORDS); ++i) {
            byte[] word = new byte[Math.min(in.readInt(), LONGEST_WORD)];
            in.readFully(word);
            words.add(new String(word, StandardCharsets.UTF_8));
        }
    }

    /** The tool's name, then its arguments. */
    List<String> words() {
        return words;
    }

    void print(byte[] text) throws IOException {
        frame(STDOUT, text);
    }

    void print(String line) throws IOException {
        print((line + "\n").getBytes(StandardCharsets.UTF_8));
    }

    void complain(String line) throws IOException {
        frame(STDERR, (line + "\n").getBytes(StandardCharsets.UTF_8));
    }

    private void frame(int kind, byte[] content) throws IOException {
        out.writeByte(kind);
        out.writeInt(content.length);
        out.write(content);
        out.flush();
    }

    /** Copies all of the tool's input. */
    void copyInput(OutputStream to) throws IOException {
        out.writeByte(WANTS_INPUT);
        out.flush();
        for (int count = in.readInt(); count > 0; count = in.readInt()) {
            to.write(in.readNBytes(count));
        }
    }

    void copyOutput(InputStream from) throws IOException {
        print(from.readAllBytes());
    }

    void end(int status) throws IOException {
        out.writeByte(EXIT);
        out.writeInt(status);
        out.flush();
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
