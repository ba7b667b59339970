package dev.approxlite.service.profiling;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.approxlite.engine.EngineException;
import dev.approxlite.policy.Contract;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.Before;
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;

/** A plan is measured block by block, once each, whatever interrupts it; rows say what the protocol says. */
public class AgentTest {
    @Rule
    public final TemporaryFolder temporary = new TemporaryFolder();

    private final Simulated phone = new Simulated();
    private Path folder;
    private boolean interrupted;

    @Before
    public void nameFolder() {
        folder = temporary.getRoot().toPath();
    }

    /** A phone whose clock goes on by a microsecond each time somebody looks, and that cools while it waits. */
    private static final class Simulated implements Phone, Runner, Runner.Source {
        long nowNs = 1;
        double skin = 31;
        int inferences;
        int inferencesLeft = Integer.MAX_VALUE;
        boolean timing;
        int states;
        int meterings;
        long sleepsAtNs = Long.MAX_VALUE;

        @Override
        public int process() {
            return 4711;
        }

        @Override
        public long bootNs() {
            return nowNs += 1000;
        }

        @Override
        public double timeS() {
            return 1.7e9 + nowNs / 1e9;
        }

        @Override
        public void sleepUntil(long bootNs) {
            skin -= (bootNs - nowNs) / 1e9;
            nowNs = Math.max(nowNs, bootNs);
        }

        @Override
        public State state() {
            ++states;
            return new State(Map.of("skin", skin), 0, 0.25f, 0.5f, -1);
        }

        @Override
        public List<Metered> metered() {
            ++meterings;
            return List.of(new Metered("power_monitor/CPU", 1_000_000 + nowNs / 1000, nowNs / 30_000_000_000L));
        }

        @Override
        public Map<String, String> missing() {
            return Map.of("energy_now", "the gauge does not tell");
        }

        @Override
        public Map<String, Long> power() {
            return Map.of("charge_counter", 3_000_000L);
        }

        @Override
        public Runner prepare(List<PlannedBlock> upcoming) throws EngineException {
            if (upcoming.get(0).configuration().contains("conv_2d_999")) {
                throw new EngineException(EngineException.Reason.CANNOT_RUN, "no operator 'conv_2d_999'");
            }
            return this;
        }

        @Override
        public void invoke() throws EngineException {
            if (inferencesLeft-- <= 0) {
                throw new EngineException(EngineException.Reason.CANNOT_RUN, "the runtime fails to run the model");
            }
            ++inferences;
            nowNs += 2_000_000;
            if (nowNs > sleepsAtNs) {
                nowNs += 3_600_000_000_000L;
                sleepsAtNs = Long.MAX_VALUE;
            }
        }

        @Override
        public void timeOperators(boolean on) {
            timing = on;
        }

        @Override
        public List<String> operatorIds() {
            return List.of("conv_2d_0", "softmax_1");
        }

        @Override
        public long[] operatorNs() {
            return new long[] {500, 20};
        }

        @Override
        public String outputSha256() {
            return "ab".repeat(32);
        }
    }

    private Agent agent() {
        JsonObject opening = new JsonObject();
        opening.addProperty("agent", "test");
        return new Agent(folder, opening, phone, phone, () -> interrupted);
    }

    private void plan(String... lines) throws IOException {
        Files.write(folder.resolve("plan.jsonl"), (String.join("\n", lines) + "\n").getBytes(StandardCharsets.UTF_8));
    }

    private List<JsonObject> rows(String kind) throws IOException {
        List<JsonObject> rows = new ArrayList<>();
        for (String line : Files.readAllLines(folder.resolve("rows.jsonl"))) {
            JsonObject row = JsonParser.parseString(line).getAsJsonObject();
            if (row.get("kind").getAsString().equals(kind)) {
                rows.add(row);
            }
        }
        return rows;
    }

    private static String block(int number, String more) {
        return "{\"block\": " + number + ", " + more + "}";
    }

    @Test
    public void aBlockIsMeasuredAsItIsPlanned() throws Exception {
        plan(
                block(0, "\"subject\": \"approxlite\", \"inferences\": 10, \"uncounted\": 3, \"operators\": true"),
                block(1, "\"subject\": \"idle\", \"seconds\": 2, \"readings_ms\": 500"),
                block(2, "\"subject\": \"stock\", \"seconds\": 1, \"longest_s\": 0.1"),
                block(3, "\"subject\": \"stock\", \"inferences\": 1, \"hottest_c\": 27"));
        assertEquals(Agent.DONE, agent().run());
        List<JsonObject> rows = rows("block");
        assertEquals(10, rows.get(0).get("inferences").getAsInt());
        assertEquals(500, rows.get(0).getAsJsonObject("operator_ns").get("conv_2d_0").getAsInt());
        assertEquals("done", rows.get(0).get("ended").getAsString());
        assertEquals(0.5, rows.get(0).getAsJsonObject("before").get("charge").getAsDouble(), 0);
        long idle = rows.get(1).get("end_ns").getAsLong() - rows.get(1).get("begin_ns").getAsLong();
        assertEquals(2e9, idle, 1e8);
        assertEquals(6 + 5, rows.get(1).getAsJsonArray("readings").size(), 1);
        assertFalse(rows.get(1).has("latency_ns"));
        assertEquals("longest", rows.get(2).get("ended").getAsString());
        assertTrue(rows.get(3).get("waited_s").getAsDouble() > 1);
        assertEquals("done", rows("end").get(0).get("why").getAsString());
        assertEquals(1, rows("opening").get(0).get("protocol").getAsInt());
    }

    @Test
    public void aBlockThatHasARowIsNotMeasuredAgainAndATornRowIs() throws Exception {
        String[] lines = new String[5];
        Arrays.setAll(lines, i -> block(i, "\"subject\": \"approxlite\", \"inferences\": 2"));
        plan(lines);
        agent().run();
        byte[] whole = Files.readAllBytes(folder.resolve("rows.jsonl"));
        for (int size = 0; size <= whole.length; size += 23) {
            Files.write(folder.resolve("rows.jsonl"), Arrays.copyOf(whole, size));
            assertEquals(Agent.DONE, agent().run());
            List<JsonObject> blocks = rows("block");
            assertEquals(5, blocks.size());
            for (int i = 0; i < 5; ++i) {
                assertEquals(i, blocks.get(i).get("block").getAsInt());
            }
        }
    }

    @Test
    public void itEndsWhenItIsToldAndSaysWhy() throws Exception {
        plan(block(0, "\"subject\": \"approxlite\", \"inferences\": 2"));
        Files.createFile(folder.resolve("stop"));
        assertEquals(Agent.DONE, agent().run());
        assertEquals("stop", rows("end").get(0).get("why").getAsString());
        Files.delete(folder.resolve("stop"));
        interrupted = true;
        assertEquals(Agent.DONE, agent().run());
        assertEquals("signal", rows("end").get(1).get("why").getAsString());
        assertEquals(0, rows("block").size());
    }

    @Test
    public void aPlanOrModelThatCannotBeUsedIsSaidInOneLine() throws Exception {
        plan(block(0, "\"subject\": \"gpu\""));
        assertEquals(Agent.UNUSABLE, agent().run());
        assertTrue(rows("end").get(0).get("why").getAsString().startsWith("plan.jsonl, line 1: "));
        plan(block(0, "\"subject\": \"approxlite\", \"inferences\": 2"));
        phone.inferencesLeft = 1;
        assertEquals(Agent.CANNOT_RUN, agent().run());
        Files.write(folder.resolve("rows.jsonl"), "nonsense\n{\"kind\": \"end\"}\n".getBytes(StandardCharsets.UTF_8));
        assertEquals(Agent.UNUSABLE, agent().run());
    }

    @Test
    public void runsEndAsThoseOfTheNativeAgent() throws Exception {
        int cases = 0;
        for (String line : Contract.lines("agent_runs.cases")) {
            if (line.startsWith("#")) {
                continue;
            }
            JsonObject wanted = JsonParser.parseString(line).getAsJsonObject();
            Files.write(folder.resolve("plan.jsonl"), wanted.get("plan").getAsString().getBytes(StandardCharsets.UTF_8));
            Files.deleteIfExists(folder.resolve("rows.jsonl"));
            Agent agent = agent();
            assertEquals(line, wanted.get("status").getAsInt(), agent.run());
            assertTrue(agent.why() + " " + line, agent.why().startsWith(wanted.get("why").getAsString()));
            JsonObject blocks = new JsonObject();
            for (JsonObject row : rows("block")) {
                blocks.add(row.get("block").getAsString(), row.get("ended"));
            }
            assertEquals(line, wanted.getAsJsonObject("blocks"), blocks);
            double took = rows("end").get(0).get("time_s").getAsDouble()
                    - rows("opening").get(0).get("time_s").getAsDouble();
            assertTrue(took + " s: " + line, took >= wanted.get("least_s").getAsDouble());
            ++cases;
        }
        assertEquals(9, cases);
    }

    @Test
    public void aBlockInWhichThePhoneSleptIsMeasuredAgain() throws Exception {
        plan(block(1, "\"subject\": \"approxlite\", \"inferences\": 3, \"uncounted\": 1, \"operators\": true"));
        phone.sleepsAtNs = phone.nowNs + 3_000_000; // in the second inference
        assertEquals(Agent.DONE, agent().run());
        JsonObject row = rows("block").get(0);
        assertEquals("done", row.get("ended").getAsString());
        assertEquals(3, row.get("inferences").getAsInt());
        assertTrue(row.has("operator_ns"));
        assertEquals(1, rows("block").size());
    }

    @Test
    public void everyServiceIsAskedOnceForEachBlockAndOnceBeforeTheFirst() throws Exception {
        plan(
                block(1, "\"subject\": \"approxlite\", \"inferences\": 3"),
                block(2, "\"subject\": \"stock\", \"inferences\": 3, \"hottest_c\": 50"),
                block(3, "\"subject\": \"idle\", \"seconds\": 1"));
        assertEquals(Agent.DONE, agent().run());
        assertEquals(4, phone.states);
        assertEquals(4, phone.meterings);
        assertEquals(2, metered(rows("block").get(2)));
    }

    @Test
    public void aBlockThatWantsReadingsAsksMetersOnceASecondAtMost() throws Exception {
        plan(block(1, "\"subject\": \"idle\", \"seconds\": 2.5, \"readings_ms\": 200"));
        assertEquals(Agent.DONE, agent().run());
        // At its begin, then every second, and in the looks before and after it.
        assertEquals(3 + 2, metered(rows("block").get(0)));
        JsonObject reading = rows("block").get(0).getAsJsonArray("readings").get(0).getAsJsonObject();
        assertEquals("power_monitor/CPU", reading.get("source").getAsString());
        assertEquals(0, reading.get("as_of_ns").getAsLong());
        // The desk reads the same rows.
        List<String> known = Contract.lines("agent_power_rows.jsonl");
        assertEquals(JsonParser.parseString(known.get(0)), rows("opening").get(0));
        assertEquals(JsonParser.parseString(known.get(1)), rows("block").get(0));
    }

    private static long metered(JsonObject row) {
        long count = 0;
        for (JsonElement each : row.getAsJsonArray("readings")) {
            count += each.getAsJsonObject().has("as_of_ns") ? 1 : 0;
        }
        return count;
    }

    @Test
    public void aPhoneWithoutRoomIsToldFromAFileThatCannotBeUsed() {
        assertEquals(Agent.NO_ROOM, Agent.statusOf(new IOException("rows.jsonl: No space left on device")));
        assertEquals(Agent.UNUSABLE, Agent.statusOf(new IOException("rows.jsonl: Permission denied")));
        assertEquals(Agent.UNUSABLE, Agent.statusOf(new IOException()));
    }
}
