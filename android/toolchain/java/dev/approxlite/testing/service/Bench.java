package dev.approxlite.testing.service;

import com.google.gson.Gson;
import java.io.IOException;
import java.nio.MappedByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Holds the service against an engine in the client's own process: latency, fairness, and what kills cost. */
final class Bench implements AutoCloseable {
    private static final double MOST_UNFAIR = 0.1;
    private static final int CLIENTS = 4;
    private static final int IDLE_KILLS = 20;

    private final Path folder;
    private final Path socket;
    private final Process service;
    private int started;

    private Bench(Path folder) throws Exception {
        this.folder = folder;
        socket = folder.resolve("service-socket");
        service = Jvm.start(ServiceMain.class, socket.toString(), folder.toString());
        Jvm.await(socket);
    }

    /**
     * Arguments: which of latency, fairness and kills; rounds of the first, seconds of the second, kills of the third.
     */
    public static void main(String[] arguments) throws Exception {
        Map<String, Object> figures = new LinkedHashMap<>();
        List<String> which = List.of(arguments[0].split(","));
        boolean good = true;
        if (which.contains("latency")) {
            Trial latency = bench -> Latency.measure(bench.socket, bench.folder, Integer.parseInt(arguments[1]));
            figure(figures, "latency_any_core", bench -> {
                Map<String, Object> found = latency.run(bench);
                found.keySet().removeAll(List.of("bar_us_p95", "bar_is_on", "passed"));
                return found;
            });
            String cores = Cores.allowed();
            Cores.confine(Cores.first(cores));
            good &= figure(figures, "latency", latency);
            Cores.confine(cores);
        }
        if (which.contains("fairness")) {
            good &= figure(figures, "fairness", bench -> bench.fairness(Integer.parseInt(arguments[2])));
        }
        if (which.contains("kills")) {
            System.setProperty("short", "true");
            good &= figure(figures, "kills", bench -> bench.kills(Integer.parseInt(arguments[3])));
        }
        figures.put("passed", good);
        if (Boolean.getBoolean("json")) {
            System.out.println(new Gson().toJson(figures));
        } else {
            figures.forEach((name, value) -> System.out.println(name + ": " + value));
        }
        System.exit(good ? 0 : 1);
    }

    private interface Trial {
        Map<String, Object> run(Bench bench) throws Exception;
    }

    private static boolean figure(Map<String, Object> figures, String name, Trial trial) throws Exception {
        Path memory = Paths.get("/dev/shm");
        Path folder = Files.isWritable(memory) ? Files.createTempDirectory(memory, "approxlite")
                : Files.createTempDirectory("approxlite");
        try (Bench bench = new Bench(folder)) {
            Map<String, Object> found = trial.run(bench);
            figures.put(name, found);
            return Boolean.TRUE.equals(found.get("passed"));
        } finally {
            try (Stream<Path> files = Files.walk(folder)) {
                for (Path each : (Iterable<Path>) files.sorted(Comparator.reverseOrder())::iterator) {
                    Files.deleteIfExists(each);
                }
            }
        }
    }

    /** Four apps ask for all they can get, one of them with four times as many requests under way. */
    private Map<String, Object> fairness(int seconds) throws Exception {
        Path stop = folder.resolve("stop");
        List<Started> clients = new ArrayList<>();
        for (int i = 0; i < CLIENTS; ++i) {
            clients.add(client(i + 1, i == 0 ? 12 : 3, false, stop));
        }
        awaitEach(clients, 200); // until all of them run at their speed
        long[] begin = answered(clients);
        Thread.sleep(seconds * 1000L);
        long[] end = answered(clients);
        Files.createFile(stop);
        boolean ended = true;
        for (Started each : clients) {
            ended &= each.process.waitFor(30, TimeUnit.SECONDS);
        }
        long[] served = new long[CLIENTS];
        Arrays.setAll(served, i -> end[i] - begin[i]);
        double mean = Arrays.stream(served).average().orElse(0);
        double unfair = Arrays.stream(served).mapToDouble(each -> Math.abs(each - mean) / mean).max().orElse(1);
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("served", Arrays.stream(served).boxed().toList());
        figures.put("largest_deviation", Math.round(unfair * 1e4) / 1e4);
        figures.put("bar", MOST_UNFAIR);
        figures.put("passed", ended && mean > 0 && unfair <= MOST_UNFAIR);
        return figures;
    }

    private record Started(Process process, MappedByteBuffer counters) {
        long count(int counter) {
            return counters.getLong(8 * counter);
        }
    }

    private Started client(int uid, int depth, boolean looks, Path stop) throws IOException {
        int number = started++;
        Path counters = folder.resolve("counters-" + number);
        MappedByteBuffer mapped = ClientMain.open(counters);
        Process process = Jvm.start(
                ClientMain.class, socket.toString(), folder.resolve("memory-" + number).toString(), counters.toString(),
                Integer.toString(uid), Integer.toString(depth), looks ? "1" : "0", stop.toString());
        return new Started(process, mapped);
    }

    private static long[] answered(List<Started> clients) {
        return clients.stream().mapToLong(each -> each.count(ClientMain.ANSWERED)).toArray();
    }

    /** Kills a client or the engine, whichever chance says, while four clients ask and look at every answer. */
    private Map<String, Object> kills(int most) throws Exception {
        Random random = new Random(7);
        Path stop = folder.resolve("stop");
        List<Started> all = new ArrayList<>();
        Started[] alive = new Started[CLIENTS];
        Losses losses = new Losses();
        List<long[]> samples = new ArrayList<>();
        int engineKills = 0;
        try (Client watcher = new Client(socket, folder.resolve("watcher"), 99)) {
            for (int i = 0; i < CLIENTS; ++i) {
                alive[i] = client(i + 1, 1, true, stop);
                all.add(alive[i]);
            }
            awaitEach(all, 100); // the policy's trial is over: it is not rolled back for engines that are killed
            for (int kill = 0; kill < most; ++kill) {
                Thread.sleep(random.nextInt(60));
                if (random.nextBoolean()) {
                    engineKills += killEngine(watcher) ? 1 : 0;
                } else {
                    int victim = random.nextInt(CLIENTS);
                    alive[victim].process.destroyForcibly().waitFor();
                    losses.killed(alive[victim]);
                    alive[victim] = client(victim + 1, 1, true, stop);
                    all.add(alive[victim]);
                }
                if (kill % Math.max(1, most / 40) == 0) {
                    samples.add(watcher.figures());
                }
            }
            long before = Arrays.stream(answered(Arrays.asList(alive))).sum();
            awaitAnswers(Arrays.asList(alive), before + 40); // work goes on after the last kill
            Files.createFile(stop);
            for (Started each : alive) {
                losses.survived(each, each.process.waitFor(60, TimeUnit.SECONDS));
            }
            Thread.sleep(500);
            int ofIdle = lostToIdleKills(watcher);
            Map<String, Object> figures = figures(most, engineKills, all, losses, samples, watcher.figures());
            figures.put("idle_kills", IDLE_KILLS);
            figures.put("lost_with_an_idle_engine", ofIdle);
            figures.put("passed", figures.get("passed").equals(true) && ofIdle == 0);
            return figures;
        }
    }

    /** Whether there was one to kill. */
    private static boolean killEngine(Client client) throws IOException {
        long engine = client.figures()[0];
        return engine != 0 && ProcessHandle.of(engine).map(ProcessHandle::destroyForcibly).orElse(false);
    }

    /** Kills the engine between two requests of one client, none of which may be lost: how many were. */
    private static int lostToIdleKills(Client client) throws IOException, InterruptedException {
        int lost = 0;
        for (int kill = 0; kill <= IDLE_KILLS; ++kill) {
            client.submit(kill);
            client.await();
            lost += client.code() == 0 && client.isRight() ? 0 : 1;
            if (kill < IDLE_KILLS) {
                killEngine(client);
                while (client.figures()[0] != 0) {
                    Thread.sleep(1); // until the service could know
                }
            }
        }
        return lost;
    }

    private static void awaitEach(List<Started> clients, long least) throws InterruptedException {
        for (int i = 0; i < 600 && Arrays.stream(answered(clients)).min().orElse(0) < least; ++i) {
            Thread.sleep(100);
        }
    }

    private static void awaitAnswers(List<Started> clients, long most) throws InterruptedException {
        for (int i = 0; i < 600 && Arrays.stream(answered(clients)).sum() < most; ++i) {
            Thread.sleep(100);
        }
    }

    /** Requests that had no outcome, of clients that were killed (one each may be under way) and of the others. */
    private static final class Losses {
        long most;
        long ofSurvivors;
        boolean allEnded = true;

        void killed(Started client) {
            most = Math.max(most, without(client));
        }

        void survived(Started client, boolean ended) {
            allEnded &= ended && client.count(ClientMain.DONE) == 1;
            ofSurvivors += without(client);
        }

        private static long without(Started client) {
            return client.count(ClientMain.ASKED) - client.count(ClientMain.ANSWERED) - client.count(ClientMain.ENGINE_DIED)
                    - client.count(ClientMain.OTHER);
        }
    }

    private static Map<String, Object> figures(
            int kills, int engineKills, List<Started> all, Losses losses, List<long[]> samples, long[] last) {
        Map<String, Object> figures = new LinkedHashMap<>();
        long died = sum(all, ClientMain.ENGINE_DIED);
        long other = sum(all, ClientMain.OTHER);
        long wrong = sum(all, ClientMain.WRONG);
        figures.put("kills", kills);
        figures.put("engine_kills", engineKills);
        figures.put("answered", sum(all, ClientMain.ANSWERED));
        figures.put("lost_with_the_engine", died);
        figures.put("other_errors", other);
        figures.put("wrong_answers", wrong);
        figures.put("most_without_outcome_of_a_killed_client", losses.most);
        figures.put("without_outcome_of_survivors", losses.ofSurvivors);
        boolean flat = true;
        String[] names = {"engine", "heap_bytes", "open_files", "maps", "threads", "regions", "sessions"};
        double[] bars = {0, 2e6, 3, 20, 3, 4, 4};
        for (int i = 1; i < names.length; ++i) {
            double growth = growth(samples, i);
            figures.put("growth_" + names[i], Math.round(growth * 10) / 10.0);
            flat &= growth <= bars[i];
        }
        figures.put("regions_left", last[5] - 1); // the watcher's own is there still
        boolean clean = last[5] == 1 && last[6] == 1;
        boolean kept = died <= engineKills && other == 0 && wrong == 0 && losses.most <= 1 && losses.ofSurvivors == 0;
        figures.put("passed", flat && clean && kept && losses.allEnded);
        return figures;
    }

    private static long sum(List<Started> clients, int counter) {
        return clients.stream().mapToLong(each -> each.count(counter)).sum();
    }

    /** What the Theil-Sen slope makes of all kills after the first quarter, in which everything is loaded once. */
    private static double growth(List<long[]> samples, int figure) {
        List<Double> slopes = new ArrayList<>();
        int first = samples.size() / 4;
        for (int i = first; i < samples.size(); ++i) {
            for (int j = i + 1; j < samples.size(); ++j) {
                slopes.add((samples.get(j)[figure] - samples.get(i)[figure]) / (double) (j - i));
            }
        }
        double[] sorted = slopes.stream().mapToDouble(each -> each).sorted().toArray();
        return sorted.length == 0 ? 0 : sorted[sorted.length / 2] * samples.size();
    }

    @Override
    public void close() {
        service.destroyForcibly().onExit().join();
    }
}
