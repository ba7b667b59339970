package dev.approxlite.testing;

import dev.approxlite.NativeEngines;
import dev.approxlite.Session;
import dev.approxlite.context.InputContext;
import dev.approxlite.engine.Answer;
import dev.approxlite.engine.Check;
import dev.approxlite.engine.GuardStatus;
import dev.approxlite.engine.Names;
import dev.approxlite.engine.Probes;
import dev.approxlite.policy.PolicyArchive;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What a policy answers to samples, for comparison with the desk's session.
 *
 * <p>{@code RunPolicy POLICY INPUTS OUTPUTS STATE MODEL...}: INPUTS holds samples one behind the other; OUTPUTS gets the
 * answers. STATE is a guard's state, taken up if the file is there, and written at the end. On stdout, for each sample,
 * candidate, chosen, rung, reason, bits of the evidence, bits of the rungs that ran, the alarm that the guard is latched
 * for, and what its check found: agrees, differs or none; last the guard's alarm, answers, canaries and disagreements,
 * as the closed session still tells of them.
 */
public final class RunPolicy {
    private RunPolicy() {}

    /** See above. */
    public static void main(String[] arguments) throws Exception {
        PolicyArchive policy = PolicyArchive.read(Files.readAllBytes(Path.of(arguments[0])));
        byte[] inputs = Files.readAllBytes(Path.of(arguments[1]));
        Path state = Path.of(arguments[3]);
        List<ByteBuffer> models = new ArrayList<>();
        for (int i = 4; i < arguments.length; ++i) {
            try (FileChannel file = FileChannel.open(Path.of(arguments[i]))) {
                models.add(file.map(FileChannel.MapMode.READ_ONLY, 0, file.size()));
            }
        }
        NativeEngines engines = new NativeEngines();
        byte[] saved = Files.exists(state) ? Files.readAllBytes(state) : null;
        Session session = engines.open(policy, models, saved);
        try (session; OutputStream outputs = Files.newOutputStream(Path.of(arguments[2]))) {
            Probes.check(policy.policy(), session);
            ByteBuffer input = direct(session.inputBytes());
            ByteBuffer output = direct(session.outputBytes());
            byte[] copy = new byte[output.capacity()];
            for (int at = 0; at < inputs.length; at += input.capacity()) {
                input.duplicate().put(inputs, at, input.capacity());
                Answer answer = session.answer(input, output, InputContext.UNKNOWN);
                output.duplicate().get(copy);
                outputs.write(copy);
                Check check = session.finish();
                System.out.println(answer.candidate() + " " + Names.reason(answer.chosen()) + " " + answer.rung() + " "
                        + Names.reason(answer.reason()) + " " + Float.floatToRawIntBits(answer.evidence()) + " "
                        + answer.rungsRun() + " " + Names.alarm(answer.alarm()) + " "
                        + (check == null ? "none" : check.agrees() ? "agrees" : "differs"));
            }
        }
        GuardStatus guard = session.guard();
        if (guard.state().length != 0) {
            Files.write(state, guard.state());
        }
        System.out.println("guard " + Names.alarm(guard.alarm()) + " " + guard.answers() + " " + guard.canaries()
                + " " + guard.disagreements());
    }

    private static ByteBuffer direct(int bytes) {
        return ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
    }
}
