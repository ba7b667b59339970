package dev.approxlite.testing.service;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * What a service adds to an engine in the client's own process. In turn in-process, through the service, in-process
 * again, and through processes that do nothing but hand a message on, so that whatever else the machine does meets all
 * alike. The bar is held against what the shipped client adds, which copies each input into shared memory, and against
 * the rounds that nothing disturbed: those whose two in-process runs took at most a quarter more than the quickest tenth
 * of all do, for a computer whose cores are shared runs at half its speed for seconds at a time. All rounds together,
 * and what is added for a client that has its input in shared memory already, are reported beside them.
 *
 * <p>One process runs at a time, so one core is enough for all, and there it costs what handing over costs. With more
 * cores each hand-over wakes an idle one, and an idle core of a virtual machine has to be woken by its host first: that
 * is this machine's, and shows in what the sockets alone take.
 */
final class Latency {
    private static final double MOST_ADDED_US = 150;
    /** What the bar is held against. */
    private static final String WITH_COPY = "added_with_copy_us_p95";
    private static final double UNDISTURBED = 1.25;
    /** Below it no verdict is given. */
    private static final int LEAST_UNDISTURBED = 500;
    private static final int WARM_UP = 2000;

    private final double[] inProcess;
    private final double[] again;
    private final double[] copied;
    private final double[] answered;
    private final double[] handedOn;

    Latency(int rounds) {
        inProcess = new double[rounds];
        again = new double[rounds];
        copied = new double[rounds];
        answered = new double[rounds];
        handedOn = new double[rounds];
    }

    /** socket: the service's; folder: for files of its own. */
    static Map<String, Object> measure(Path socket, Path folder, int rounds) throws Exception {
        Path last = folder.resolve("last-relay");
        Path first = folder.resolve("first-relay");
        Process back = Jvm.start(RelayMain.class, last.toString());
        Jvm.await(last);
        Process on = Jvm.start(RelayMain.class, first.toString(), last.toString());
        Jvm.await(first);
        try (Client client = new Client(socket, folder.resolve("memory"), 1);
                Wire relay = Wire.connect(first)) {
            Latency latency = new Latency(rounds);
            latency.run(client, relay);
            return latency.figures();
        } finally {
            on.destroyForcibly().waitFor();
            back.destroyForcibly().waitFor();
        }
    }

    private void run(Client client, Wire relay) throws IOException {
        ByteBuffer mine = ByteBuffer.allocateDirect(SumEngines.INPUT_BYTES).order(ByteOrder.nativeOrder());
        ByteBuffer output = ByteBuffer.allocateDirect(4 * SumEngines.SUMS).order(ByteOrder.nativeOrder());
        ByteBuffer message = ByteBuffer.allocate(32);
        Random random = new Random(1);
        for (int i = -WARM_UP; i < inProcess.length; ++i) {
            mine.putInt(4 * random.nextInt(SumEngines.INPUT_BYTES / 4), random.nextInt());
            long begin = System.nanoTime();
            SumEngines.sum(mine, output);
            long computed = System.nanoTime();
            client.input().put(0, mine, 0, SumEngines.INPUT_BYTES);
            long written = System.nanoTime();
            client.submit(i);
            client.await();
            long told = System.nanoTime();
            SumEngines.sum(mine, output);
            long recomputed = System.nanoTime();
            message.clear();
            RelayMain.send(relay, message);
            relay.receive();
            long back = System.nanoTime();
            if (client.code() != 0 || i % 100 == 0 && !client.isRight()) {
                throw new IOException("the service did not answer, or not right: " + client.code());
            }
            if (i >= 0) {
                put(i, begin, computed, written, told, recomputed, back);
            }
        }
    }

    /** One round by its clock, in ns: begin, computed here, input copied, told, computed again, message handed on. */
    void put(int round, long begin, long computed, long written, long told, long recomputed, long back) {
        inProcess[round] = (computed - begin) / 1e3;
        copied[round] = (written - computed) / 1e3;
        answered[round] = (told - written) / 1e3;
        again[round] = (recomputed - told) / 1e3;
        handedOn[round] = (back - recomputed) / 1e3;
    }

    Map<String, Object> figures() {
        int[] all = IntStream.range(0, inProcess.length).toArray();
        double most = UNDISTURBED * quantile(inProcess, 0.1);
        int[] undisturbed = Arrays.stream(all).filter(i -> inProcess[i] <= most && again[i] <= most).toArray();
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("rounds", inProcess.length);
        figures.put("tensor_bytes", SumEngines.INPUT_BYTES);
        figures.put("undisturbed_rounds", undisturbed.length);
        boolean enough = undisturbed.length >= LEAST_UNDISTURBED;
        if (enough) {
            put(figures, "", undisturbed);
        }
        put(figures, "all_", all);
        figures.put("bar_us_p95", MOST_ADDED_US);
        figures.put("bar_is_on", WITH_COPY + " of undisturbed rounds, all processes on one core");
        figures.put("passed", enough && (double) figures.get(WITH_COPY) <= MOST_ADDED_US);
        return figures;
    }

    private void put(Map<String, Object> figures, String which, int[] rounds) {
        figures.put(which + "in_process_us_p50", quantile(of(rounds, i -> inProcess[i]), 0.5));
        double[] added = of(rounds, i -> answered[i] - inProcess[i]);
        figures.put(which + "added_us_p50", quantile(added, 0.5));
        figures.put(which + "added_us_p95", quantile(added, 0.95));
        double[] withCopy = of(rounds, i -> copied[i] + answered[i] - inProcess[i]);
        figures.put(which + WITH_COPY, quantile(withCopy, 0.95));
        double[] handed = of(rounds, i -> handedOn[i]);
        figures.put(which + "sockets_alone_us_p50", quantile(handed, 0.5));
        figures.put(which + "sockets_alone_us_p95", quantile(handed, 0.95));
    }

    private interface OfRound {
        double of(int round);
    }

    private static double[] of(int[] rounds, OfRound figure) {
        return Arrays.stream(rounds).mapToDouble(figure::of).toArray();
    }

    private static double quantile(double[] values, double share) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return Math.round(sorted[(int) Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] * 10) / 10.0;
    }
}
