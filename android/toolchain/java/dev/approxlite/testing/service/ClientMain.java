package dev.approxlite.testing.service;

import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.nio.file.StandardOpenOption;
import java.util.Random;

/** A client's process: asks all the time and counts outcomes in a file, where they outlive its being killed. */
final class ClientMain {
    static final int ASKED = 0;
    static final int ANSWERED = 1;
    static final int ENGINE_DIED = 2;
    static final int OTHER = 3;
    static final int WRONG = 4;
    static final int DONE = 5;
    static final int COUNTERS = 6;
    private static final int ENGINE_DIED_CODE = 6;

    private final MappedByteBuffer counters;

    private ClientMain(MappedByteBuffer counters) {
        this.counters = counters;
    }

    /** Arguments: socket, memory file, counter file, uid, requests under way, 1 to look at every answer, stop file. */
    public static void main(String[] arguments) throws Exception {
        Path stop = Paths.get(arguments[6]);
        int depth = Integer.parseInt(arguments[4]);
        boolean looks = arguments[5].equals("1");
        ClientMain main = new ClientMain(open(Paths.get(arguments[2])));
        try (Client client =
                new Client(Paths.get(arguments[0]), Paths.get(arguments[1]), Integer.parseInt(arguments[3]))) {
            main.ask(client, depth, looks, stop);
        }
    }

    static MappedByteBuffer open(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(
                file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            MappedByteBuffer mapped = channel.map(FileChannel.MapMode.READ_WRITE, 0, 8L * COUNTERS);
            mapped.order(ByteOrder.nativeOrder());
            return mapped;
        }
    }

    private void ask(Client client, int depth, boolean looks, Path stop) throws IOException {
        Random random = new Random(client.hashCode());
        long sequence = 0;
        long expected = 0;
        boolean going = true;
        while (going || expected < sequence) {
            for (; going && sequence < expected + depth; ++sequence) {
                if (looks) {
                    client.input().putInt(4 * random.nextInt(SumEngines.INPUT_BYTES / 4), random.nextInt());
                }
                add(ASKED);
                client.submit(sequence);
            }
            if (client.await() != expected++) {
                add(WRONG); // outcomes of one client come in the order in which it asked
            }
            count(client, looks);
            going = going && (expected % 16 != 0 || !Files.exists(stop));
        }
        add(DONE);
    }

    private void count(Client client, boolean looks) {
        if (client.code() == 0) {
            if (looks && !client.isRight()) {
                add(WRONG);
            }
            add(ANSWERED);
        } else {
            add(client.code() == ENGINE_DIED_CODE ? ENGINE_DIED : OTHER);
        }
    }

    private void add(int counter) {
        counters.putLong(8 * counter, counters.getLong(8 * counter) + 1);
    }
}
