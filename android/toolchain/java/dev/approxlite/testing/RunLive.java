package dev.approxlite.testing;

import dev.approxlite.KeywordFeatures;
import dev.approxlite.NativeEngines;
import dev.approxlite.context.InputContext;
import dev.approxlite.demo.live.LiveModel;
import dev.approxlite.demo.live.Reading;
import dev.approxlite.demo.sensing.SoundWindows;
import dev.approxlite.engine.EngineException;
import dev.approxlite.engine.Engines;
import dev.approxlite.engine.Names;
import dev.approxlite.policy.PolicyArchive;
import dev.approxlite.service.client.InProcess;
import dev.approxlite.service.queue.ServiceException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What the demo app hears in sound, for comparison with the desk.
 *
 * <p>{@code RunLive POLICY MODEL SOUND FEATURES STATE}: SOUND holds 16-bit samples; FEATURES gets what the model was
 * given; STATE is the folder of what the guard knows. On stdout, for each window, label, bits of its confidence, rung
 * and reason.
 */
public final class RunLive {
    private static final int WORDS = 12;

    private RunLive() {}

    /** See above. */
    public static void main(String[] arguments) throws Exception {
        ByteBuffer model;
        try (FileChannel file = FileChannel.open(Path.of(arguments[1]))) {
            model = file.map(FileChannel.MapMode.READ_ONLY, 0, file.size());
        }
        byte[] bytes = Files.readAllBytes(Path.of(arguments[2]));
        short[] sound = new short[bytes.length / Short.BYTES];
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asShortBuffer().get(sound);
        List<short[]> windows = new ArrayList<>();
        new SoundWindows(windows::add).add(sound, sound.length);
        Path state = Path.of(arguments[4]);
        Engines engines = new NativeEngines();
        PolicyArchive policy = PolicyArchive.read(Files.readAllBytes(Path.of(arguments[0])));
        LiveModel.Own own = (archive, models) -> new InProcess(engines, archive, models, state);
        try (LiveModel live = new LiveModel(engines, policy, sha256 -> model, own, WORDS, null);
                KeywordFeatures features = new KeywordFeatures();
                OutputStream given = Files.newOutputStream(Path.of(arguments[3]))) {
            for (short[] window : windows) {
                answer(live, features.of(window), given);
            }
        }
    }

    private static void answer(LiveModel live, float[] input, OutputStream given) throws Exception {
        ByteBuffer copy = ByteBuffer.allocate(input.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        copy.asFloatBuffer().put(input);
        given.write(copy.array());
        try {
            Reading reading = live.observe(input, InputContext.UNKNOWN);
            System.out.println(reading.label() + " " + Float.floatToRawIntBits(reading.confidence()) + " "
                    + reading.rung() + " " + Names.reason(reading.reason()));
        } catch (EngineException | ServiceException problem) {
            System.out.println("failed: " + problem.getMessage());
        }
    }
}
