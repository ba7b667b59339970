package dev.approxlite.testing.device;

import android.content.Context;
import com.google.gson.JsonObject;
import dev.approxlite.context.InputContext;
import dev.approxlite.engine.Engine;
import dev.approxlite.engine.EngineException;
import dev.approxlite.service.android.BinderRemote;
import dev.approxlite.service.client.FallbackSession;
import dev.approxlite.service.queue.ServiceException;
import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * An app on the device that asks the service: {@code app MODEL INPUTS INPUT_BYTES OUTPUT_BYTES COUNT}, MODEL being the
 * SHA-256 of its model, INPUTS a file of samples one behind the other. Prints one JSON object: how many were answered
 * by each rung, and what was refused.
 */
final class AppTool {
    private final Context context;
    private final File root;

    AppTool(Context context, File root) {
        this.context = context;
        this.root = root;
    }

    int run(Caller caller) throws IOException {
        List<String> words = caller.words();
        byte[] samples = Files.readAllBytes(new File(root, words.get(2)).toPath());
        ByteBuffer input = direct(Integer.parseInt(words.get(3)));
        ByteBuffer output = direct(Integer.parseInt(words.get(4)));
        int count = Integer.parseInt(words.get(5));
        Map<String, Integer> outcomes = new TreeMap<>();
        BinderRemote remote = new BinderRemote(context, context.getPackageName(), words.get(1));
        try (FallbackSession session = new FallbackSession(remote, AppTool::noEngine, System::nanoTime)) {
            for (long end = System.nanoTime() + 10_000_000_000L; !remote.isThere() && System.nanoTime() < end; ) {
                Thread.yield();
            }
            for (int i = 0; i < count; ++i) {
                int at = (int) ((long) i * input.capacity() % samples.length);
                input.duplicate().put(samples, at, input.capacity());
                outcomes.merge(ask(session, input, output), 1, Integer::sum);
            }
        }
        JsonObject said = new JsonObject();
        outcomes.forEach(said::addProperty);
        caller.print(said.toString());
        return 0;
    }

    private static String ask(FallbackSession session, ByteBuffer input, ByteBuffer output) {
        try {
            return "rung " + session.answer(input, output, InputContext.UNKNOWN).answer().rung();
        } catch (ServiceException refused) {
            return refused.reason() + ": " + refused.getMessage();
        } catch (EngineException none) {
            return "no answer: " + none.getMessage();
        }
    }

    private static Engine noEngine() throws EngineException {
        throw new EngineException(EngineException.Reason.CANNOT_RUN, "this app has no engine of its own");
    }

    private static ByteBuffer direct(int bytes) {
        return ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
    }
}
