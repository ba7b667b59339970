import com.github.unidbg.AndroidEmulator;
import com.github.unidbg.Module;
import com.github.unidbg.linux.android.AndroidEmulatorBuilder;
import com.github.unidbg.linux.android.AndroidResolver;
import com.github.unidbg.linux.android.dvm.VM;
import com.github.unidbg.memory.Memory;
import com.github.unidbg.pointer.UnidbgPointer;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * The arm64 libraries on Android 6's own libc, emulated: a model's outputs under some configurations, for comparison
 * with the desk's, bit for bit.
 *
 * <p>{@code RunOnBionic TFLITE APPROXLITE MODEL INPUTS OUTPUTS CONFIGURATION...}: two libraries, then as RunRungs has
 * it. On stdout the kernels' variant, and last the ladder, canonical.
 */
public final class RunOnBionic implements AutoCloseable {
    private static final int ANDROID_API = 23; // the newest whose libc unidbg brings
    private static final int RUNG_BYTES = 40; // of approx_rung, engine.h
    private static final int OPERATOR_BYTES = 1024; // no less than approx_operator, whose id lies at 8
    private static final int OPERATOR_ID = 8;

    private final AndroidEmulator emulator = AndroidEmulatorBuilder.for64Bit().build();
    private final Memory memory = emulator.getMemory();
    private final Module tflite;
    private final Module approxlite;

    private RunOnBionic(String tflitePath, String approxlitePath) {
        memory.setLibraryResolver(new AndroidResolver(ANDROID_API));
        VM vm = emulator.createDalvikVM();
        tflite = vm.loadLibrary(new File(tflitePath), true).getModule();
        approxlite = vm.loadLibrary(new File(approxlitePath), true).getModule();
    }

    /** See above. */
    public static void main(String[] arguments) throws Exception {
        try (RunOnBionic device = new RunOnBionic(arguments[0], arguments[1])) {
            byte[] model = Files.readAllBytes(Path.of(arguments[2]));
            byte[] inputs = Files.readAllBytes(Path.of(arguments[3]));
            String[] ladder = Arrays.copyOfRange(arguments, 5, arguments.length);
            try (OutputStream outputs = Files.newOutputStream(Path.of(arguments[4]))) {
                device.run(model, inputs, outputs, ladder);
            }
        }
    }

    private void run(byte[] model, byte[] inputs, OutputStream outputs, String[] ladder) throws Exception {
        UnidbgPointer created = room(Long.BYTES);
        succeed("approx_engine_create", ours("approx_engine_create", 0L, created));
        long engine = created.getLong(0);
        long interpreter = interpreter(model, ours("approx_engine_delegate", engine));
        setLadder(engine, ladder);
        long input = runtime("TfLiteInterpreterGetInputTensor", interpreter, 0);
        long output = runtime("TfLiteInterpreterGetOutputTensor", interpreter, 0);
        int inputBytes = (int) runtime("TfLiteTensorByteSize", input);
        int outputBytes = (int) runtime("TfLiteTensorByteSize", output);
        for (int rung = 0; rung < ladder.length; ++rung) {
            succeed("approx_engine_set_rung", ours("approx_engine_set_rung", engine, rung));
            for (int at = 0; at < inputs.length; at += inputBytes) {
                at(runtime("TfLiteTensorData", input)).write(0, inputs, at, inputBytes);
                succeed("TfLiteInterpreterInvoke", runtime("TfLiteInterpreterInvoke", interpreter));
                outputs.write(at(runtime("TfLiteTensorData", output)).getByteArray(0, outputBytes));
            }
        }
        System.out.println(at(ours("approx_variant_name", 0)).getString(0));
        for (int rung = 0; rung < ladder.length; ++rung) {
            System.out.println(canonical(engine, rung));
        }
        runtime("TfLiteInterpreterDelete", interpreter);
        ours("approx_engine_destroy", engine);
    }

    private long interpreter(byte[] model, long delegate) {
        long options = runtime("TfLiteInterpreterOptionsCreate");
        runtime("TfLiteInterpreterOptionsSetNumThreads", options, 1);
        runtime("TfLiteInterpreterOptionsAddDelegate", options, delegate);
        long made = runtime("TfLiteInterpreterCreate", runtime("TfLiteModelCreate", put(model), (long) model.length),
                options);
        if (made == 0) {
            throw new IllegalStateException("TensorFlow Lite refuses the model or the delegate");
        }
        succeed("TfLiteInterpreterAllocateTensors", runtime("TfLiteInterpreterAllocateTensors", made));
        return made;
    }

    private void setLadder(long engine, String[] ladder) {
        UnidbgPointer rungs = room(RUNG_BYTES * ladder.length);
        for (int i = 0; i < ladder.length; ++i) {
            byte[] text = (ladder[i] + "\0").getBytes(StandardCharsets.US_ASCII);
            rungs.setPointer((long) i * RUNG_BYTES, put(text)); // and no scales, weights or name
        }
        if (ours("approx_engine_set_ladder", engine, rungs, (long) ladder.length) != 0) {
            throw new IllegalStateException(at(ours("approx_engine_error", engine)).getString(0));
        }
    }

    private String canonical(long engine, int rung) {
        StringBuilder text = new StringBuilder();
        UnidbgPointer operator = room(OPERATOR_BYTES);
        long count = ours("approx_engine_operator_count", engine);
        for (long i = 0; i < count; ++i) {
            String knob = at(ours("approx_engine_rung_knob", engine, rung, i)).getString(0);
            if (!knob.equals("exact")) {
                succeed("approx_engine_operator", ours("approx_engine_operator", engine, i, operator));
                text.append(text.length() == 0 ? "" : ",");
                text.append(operator.getString(OPERATOR_ID)).append('=').append(knob);
            }
        }
        return text.length() == 0 ? "exact" : text.toString();
    }

    private UnidbgPointer room(int bytes) {
        return put(new byte[bytes]);
    }

    private UnidbgPointer put(byte[] content) {
        UnidbgPointer pointer = memory.malloc(content.length, true).getPointer();
        pointer.write(0, content, 0, content.length);
        return pointer;
    }

    private UnidbgPointer at(long address) {
        return UnidbgPointer.pointer(emulator, address);
    }

    private long ours(String function, Object... arguments) {
        return approxlite.callFunction(emulator, function, arguments).longValue();
    }

    private long runtime(String function, Object... arguments) {
        return tflite.callFunction(emulator, function, arguments).longValue();
    }

    private static void succeed(String what, long status) {
        if ((int) status != 0) {
            throw new IllegalStateException(what + " returned " + (int) status);
        }
    }

    @Override
    public void close() throws IOException {
        emulator.close();
    }
}
