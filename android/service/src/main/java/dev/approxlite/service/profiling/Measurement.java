package dev.approxlite.service.profiling;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.approxlite.engine.EngineException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;

/** Measures one block, in the order of native/agent/measure.cc, and tells of it as a row. */
final class Measurement {
    /** Operators are timed in at most so many runs: their median needs no more. */
    private static final int MOST_OPERATOR_RUNS = 1000;
    /** Latencies that are kept; of more, evenly spaced ones. */
    private static final int MOST_LATENCIES = 1 << 20;
    /** Facilities of other processes are asked at most so often: that takes time and power. */
    private static final long METERED_NS = 1_000_000_000L;

    private final PlannedBlock block;
    private final Runner runner;
    private final Phone phone;
    private final BooleanSupplier told;
    private final Look before;
    private final JsonArray readings = new JsonArray();
    private long[] latencies = new long[1024];
    private int kept;
    private long stride = 1;
    private long count;
    private long total;
    private long minimum = Long.MAX_VALUE;
    private long maximum;
    private long longestNs;
    private final Rhythm quick = new Rhythm();
    private final Rhythm metered = new Rhythm();
    private boolean tooLong;
    private boolean whole;
    private Look after;

    /** Readings at a distance of step; where an inference takes longer, the missed ones are not made up for. */
    private static final class Rhythm {
        private long stepNs;
        private long nextNs = Long.MAX_VALUE;

        void start(long firstNs, long stepNs) {
            this.stepNs = stepNs;
            nextNs = firstNs;
        }

        boolean due(long now) {
            if (now < nextNs) {
                return false;
            }
            nextNs += (1 + (now - nextNs) / stepNs) * stepNs;
            return true;
        }
    }

    /** runner: null for idle; told: whether to end at once; before: the look after what came before. */
    Measurement(PlannedBlock block, Runner runner, Phone phone, BooleanSupplier told, Look before) {
        this.block = block;
        this.runner = runner;
        this.phone = phone;
        this.told = told;
        this.before = before;
    }

    /** The look after the block, once it was measured. */
    Look after() {
        return after;
    }

    /** Whether everything that was planned was measured. */
    boolean isWhole() {
        return whole;
    }

    /** The row; null if it was told to end before the block was done. */
    String run(double waitedS) throws EngineException {
        longestNs = phone.bootNs() + (long) (block.longestS() * 1e9);
        for (long i = 0; runner != null && i < block.uncounted() && !overdue() && !told.getAsBoolean(); ++i) {
            runner.invoke();
        }
        readings.addAll(before.readings());
        read();
        long begin = phone.bootNs();
        if (block.readingsMs() > 0) {
            long step = block.readingsMs() * 1_000_000;
            quick.start(begin + step, step);
            metered.start(begin, Math.max(step, METERED_NS));
        }
        long end = begin + (long) (block.seconds() * 1e9);
        if (runner == null) {
            tooLong = end > longestNs;
            sleep(Math.min(end, longestNs));
        } else {
            count(end);
        }
        long ended = phone.bootNs();
        read();
        if (told.getAsBoolean()) {
            return null;
        }
        JsonObject row = row(begin, ended, before.row());
        row.addProperty("waited_s", waitedS);
        if (runner != null) {
            row.addProperty("output_sha256", runner.outputSha256());
            JsonObject times = block.operators() ? timeOperators() : null;
            if (times != null) {
                row.add("operator_ns", times);
            }
            whole = count >= block.inferences() && (times == null || times.size() > 0);
        } else {
            whole = true;
        }
        after = Look.take(phone);
        readings.addAll(after.readings());
        row.add("after", after.row());
        boolean throttled = before.state().thermalStatus() != after.state().thermalStatus();
        row.addProperty("ended", tooLong ? "longest" : throttled ? "throttled" : "done");
        return told.getAsBoolean() ? null : row.toString();
    }

    private boolean overdue() {
        tooLong = tooLong || phone.bootNs() >= longestNs;
        return tooLong;
    }

    private void count(long end) throws EngineException {
        while (!told.getAsBoolean() && !overdue() && (count < block.inferences() || phone.bootNs() < end)) {
            long begin = System.nanoTime();
            runner.invoke();
            add(System.nanoTime() - begin);
            sleep(block.gapMs() > 0 ? phone.bootNs() + block.gapMs() * 1_000_000 : 0);
        }
    }

    /** Reads what is due until then. */
    private void sleep(long until) {
        for (;;) {
            long now = phone.bootNs();
            if (quick.due(now)) {
                read();
            }
            if (metered.due(now)) {
                readings.addAll(Look.readings(phone));
            }
            if (now >= until || told.getAsBoolean()) {
                return;
            }
            phone.sleepUntil(Math.min(until, Math.min(quick.nextNs, metered.nextNs)));
        }
    }

    private void read() {
        long now = phone.bootNs();
        for (Map.Entry<String, Long> each : phone.power().entrySet()) {
            JsonObject reading = new JsonObject();
            reading.addProperty("at_ns", now);
            reading.addProperty("source", each.getKey());
            reading.addProperty("value", each.getValue());
            readings.add(reading);
        }
    }

    private void add(long ns) {
        minimum = Math.min(minimum, ns);
        maximum = Math.max(maximum, ns);
        total += ns;
        if (count++ % stride != 0) {
            return;
        }
        if (kept == MOST_LATENCIES) {
            for (int i = 0; i < kept / 2; ++i) {
                latencies[i] = latencies[2 * i];
            }
            kept /= 2;
            stride *= 2;
        }
        if (kept == latencies.length) {
            latencies = Arrays.copyOf(latencies, Math.min(MOST_LATENCIES, 2 * kept));
        }
        latencies[kept++] = ns;
    }

    private long quantile(double share) {
        long[] sorted = Arrays.copyOf(latencies, kept);
        Arrays.sort(sorted);
        return sorted[(int) Math.max(0, Math.min(kept - 1.0, Math.ceil(share * kept) - 1))];
    }

    private JsonObject timeOperators() throws EngineException {
        List<String> ids = runner.operatorIds();
        int runs = (int) Math.min(Math.max(count, 1), MOST_OPERATOR_RUNS);
        long[][] times = new long[ids.size()][runs];
        int made = 0;
        runner.timeOperators(true);
        for (; made < runs && !overdue() && !told.getAsBoolean(); ++made) {
            runner.invoke();
            long[] last = runner.operatorNs();
            for (int op = 0; op < times.length; ++op) {
                times[op][made] = last[op];
            }
        }
        runner.timeOperators(false);
        JsonObject medians = new JsonObject();
        for (int op = 0; op < times.length && made > 0; ++op) {
            Arrays.sort(times[op], 0, made);
            medians.addProperty(ids.get(op), times[op][made / 2]);
        }
        return medians;
    }

    private JsonObject row(long begin, long end, JsonObject before) {
        JsonObject row = new JsonObject();
        row.addProperty("kind", "block");
        row.addProperty("block", block.block());
        row.addProperty("begin_ns", begin);
        row.addProperty("end_ns", end);
        row.addProperty("time_s", phone.timeS());
        row.addProperty("inferences", count);
        if (count > 0) {
            JsonObject latency = new JsonObject();
            latency.addProperty("total", total);
            latency.addProperty("median", quantile(0.5));
            latency.addProperty("p99", quantile(0.99));
            latency.addProperty("minimum", minimum);
            latency.addProperty("maximum", maximum);
            row.add("latency_ns", latency);
        }
        row.add("before", before);
        row.add("readings", readings);
        return row;
    }
}
