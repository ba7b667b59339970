package dev.approxlite.engine;

import dev.approxlite.policy.Policy;
import dev.approxlite.policy.PolicyArchive;
import dev.approxlite.policy.PolicyException;
import dev.approxlite.policy.PolicyException.Reason;
import dev.approxlite.policy.PolicyStore;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** What this phone asks of a policy before it follows it: its models, its kernels, its kind, its time, its bits. */
public final class PhoneAdmission implements PolicyStore.Admission {
    /** Models that are on this phone. */
    public interface Models {
        /** Content of the model file; null if it is not here. */
        ByteBuffer bySha256(String sha256);
    }

    /** Runs a policy that is not followed yet, in this process or in one that may die of it. */
    public interface Trial {
        /**
         * Makes the models ready and checks the probes.
         *
         * @throws PolicyException with {@link Reason#WRONG_PROBES} if a rung computes other bits here
         * @throws EngineException if a rung cannot be run, or the process that it was tried in died
         */
        void run(PolicyArchive archive, List<ByteBuffer> models) throws PolicyException, EngineException;
    }

    private final Models models;
    private final int numericsVersion;
    private final String deviceClass;
    private final Clock clock;
    private final Trial trial;

    /** numericsVersion: of the kernels here; deviceClass: what this phone's kind is called in policies. */
    public PhoneAdmission(Models models, int numericsVersion, String deviceClass, Clock clock, Trial trial) {
        this.models = models;
        this.numericsVersion = numericsVersion;
        this.deviceClass = deviceClass;
        this.clock = clock;
        this.trial = trial;
    }

    /** A trial in this process. */
    public static Trial inProcess(Engines engines) {
        return (archive, contents) -> {
            try (Engine engine = engines.open(archive, contents, null)) {
                Probes.check(archive.policy(), engine);
            }
        };
    }

    @Override
    public void admit(PolicyArchive archive) throws PolicyException, IOException {
        Policy policy = archive.policy();
        policy.requireNumerics(numericsVersion);
        policy.requireTime(clock.instant());
        if (policy.deviceClass() != null && !Objects.equals(policy.deviceClass(), deviceClass)) {
            throw new PolicyException(
                    Reason.OTHER_DEVICE, "holds on '" + policy.deviceClass() + "' only, and this is '" + deviceClass
                            + "'");
        }
        List<ByteBuffer> contents = modelsOf(policy, models);
        try {
            trial.run(archive, contents);
        } catch (EngineException problem) {
            throw refusal(problem);
        }
    }

    /**
     * What an engine's failure says of the policy that was tried with it.
     *
     * @throws IOException if nothing: its process did not start, or was killed, as by a system that is short of memory
     */
    public static PolicyException refusal(EngineException problem) throws IOException {
        switch (problem.reason()) {
            case DIED:
                throw new IOException("it could not be tried now: " + problem.getMessage());
            case WRONG_PROBES:
                return new PolicyException(Reason.WRONG_PROBES, problem.getMessage());
            default:
                return new PolicyException(Reason.INVALID, "cannot be run here: " + problem.getMessage());
        }
    }

    /**
     * Contents of a policy's models, in its order.
     *
     * @throws PolicyException with {@link Reason#OTHER_MODEL} if one is not here
     */
    public static List<ByteBuffer> modelsOf(Policy policy, Models models) throws PolicyException {
        List<ByteBuffer> contents = new ArrayList<>();
        for (Policy.ModelReference each : policy.models()) {
            ByteBuffer content = models.bySha256(each.sha256());
            if (content == null) {
                throw new PolicyException(
                        Reason.OTHER_MODEL,
                        "is for model " + each.sha256().substring(0, 16)
                                + ", which is not on this phone; push it first");
            }
            contents.add(content);
        }
        return contents;
    }
}
