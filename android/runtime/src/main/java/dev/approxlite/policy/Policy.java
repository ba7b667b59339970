package dev.approxlite.policy;

import dev.approxlite.policy.PolicyException.Reason;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * The whole of policy.json: what a phone follows. Immutable, and consistent in itself: what it names is there.
 *
 * @param sequence a policy replaces only one with a smaller number
 * @param models files it is for, the last one's exact being what all answers are compared with
 * @param numericsVersion of the kernels whose bits it was certified with
 * @param deviceClass the only kind of device it holds on; null: any
 * @param ladder rungs it may run
 * @param exactRung index of the one that every doubt falls back to
 * @param agreement when two answers count as the same
 * @param classMaps by model, for each of its classes exact's class, -1 for none; null entries: the same classes
 * @param rule who picks the candidate for an input
 * @param candidates most cautious first, the first one exact alone
 * @param inputRms of the inputs tuned on; NaN if unknown
 * @param certificate null: the policy runs as its builder chose, without a promise
 * @param probes outputs to be checked bit for bit before it is followed
 * @param notBefore from when on it may be followed
 * @param notAfter until when; null: for ever
 * @param guard null: nothing watches
 * @param rungsSha256 of rungs.bin; null: there is none
 */
public record Policy(
        long sequence,
        List<ModelReference> models,
        int numericsVersion,
        String deviceClass,
        List<LadderRung> ladder,
        int exactRung,
        Agreement agreement,
        List<int[]> classMaps,
        Rule rule,
        List<Candidate> candidates,
        float inputRms,
        Certificate certificate,
        List<Probe> probes,
        Instant notBefore,
        Instant notAfter,
        GuardSettings guard,
        String rungsSha256) {
    /** Most rungs of a ladder. */
    public static final int MAX_RUNGS = 16;
    /** Most candidates. */
    public static final int MAX_CANDIDATES = 16;

    /**
     * A model file, by its bytes.
     *
     * @param sha256 64 hexadecimal digits
     * @param name for people
     */
    public record ModelReference(String sha256, String name) {
        static ModelReference read(Fields fields) throws PolicyException {
            return new ModelReference(fields.sha256("sha256"), fields.text("name"));
        }
    }

    /**
     * Answers agree if their loss is at most {@code tolerance}; agreement.h says what each loss is.
     *
     * @param loss in the order of {@code approx_loss}
     * @param tolerance at least 0
     * @param classes entries of one position, for label_share
     */
    public record Agreement(Loss loss, float tolerance, int classes) {
        /** In the order of {@code approx_loss}. */
        public enum Loss {
            /** 0 where the largest entry is the same, else 1. */
            TOP_ONE,
            /** Share of positions whose largest entry is another. */
            LABEL_SHARE,
            /** Mean of absolute differences. */
            MEAN_ABSOLUTE,
            /** The largest absolute difference. */
            LARGEST_ABSOLUTE,
            /** Root of the mean squared difference. */
            ROOT_MEAN_SQUARE
        }

        static final Agreement TOP_ONE = new Agreement(Loss.TOP_ONE, 0, 1);

        static Agreement read(Fields fields) throws PolicyException {
            return new Agreement(
                    fields.has("loss") ? fields.choice("loss", Loss.class) : Loss.TOP_ONE,
                    (float) fields.number("tolerance", 0, Float.MAX_VALUE, 0),
                    (int) fields.integer("classes", 1, Integer.MAX_VALUE, 1));
        }
    }

    /**
     * Outputs of one rung on inputs made from a seed.
     *
     * @param rung index into the ladder
     * @param seed of the inputs
     * @param inputsSha256 of the inputs
     * @param outputsSha256 of the outputs
     */
    public record Probe(int rung, long seed, String inputsSha256, String outputsSha256) {
        static Probe read(Fields fields, int rungs) throws PolicyException {
            return new Probe(
                    fields.index("rung", rungs),
                    fields.integer("seed", 0, Long.MAX_VALUE / 10),
                    fields.sha256("inputs_sha256"),
                    fields.sha256("outputs_sha256"));
        }
    }

    /** How many candidates, from the first on, the rule may follow. */
    public int certified() {
        return certificate == null ? rule.candidate() + 1 : certificate.certified();
    }

    /**
     * Reads policy.json.
     *
     * @param content its bytes, whoever they come from
     * @throws PolicyException with the first thing that is wrong
     */
    public static Policy parse(byte[] content) throws PolicyException {
        return Fields.read(StrictJson.parse(content, "policy.json"), "policy.json", Policy::read);
    }

    private static Policy read(Fields fields) throws PolicyException {
        fields.integer("version", 1, 1, 1);
        Time.read(fields, "created");
        fields.text("tool_version");
        fields.text("portability");
        fields.object("split", Policy::readSplit);
        List<ModelReference> models = fields.objects("models", 1, MAX_RUNGS, ModelReference::read);
        List<LadderRung> ladder =
                fields.objects("ladder", 1, MAX_RUNGS, each -> LadderRung.read(each, models.size()));
        List<Candidate> candidates =
                fields.objects("candidates", 1, MAX_CANDIDATES, each -> Candidate.read(each, ladder.size()));
        Agreement agreement =
                fields.has("agreement") ? fields.object("agreement", Agreement::read) : Agreement.TOP_ONE;
        Instant[] validity = fields.object("validity", Policy::readValidity);
        Policy policy = new Policy(
                fields.integer("sequence", 0, Long.MAX_VALUE / 10),
                models,
                (int) fields.integer("numerics_version", 0, Integer.MAX_VALUE),
                textOrNull(fields, "device_class"),
                ladder,
                fields.index("exact_rung", ladder.size()),
                agreement,
                classMaps(fields),
                fields.object("rule", each -> Rule.read(each, candidates.size())),
                candidates,
                fields.floatOr("input_rms", Float.MIN_VALUE, Float.MAX_VALUE, Float.NaN),
                fields.objectOrNull("certificate", each -> Certificate.read(each, candidates.size())),
                fields.objects("probes", 0, MAX_RUNGS * 4, each -> Probe.read(each, ladder.size())),
                validity[0],
                validity[1],
                fields.objectOrNull("guard", GuardSettings::read),
                textOrNull(fields, "rungs_sha256") == null ? null : fields.sha256("rungs_sha256"));
        PolicyConsistency.check(policy);
        return policy;
    }

    private static String textOrNull(Fields fields, String name) throws PolicyException {
        return fields.has(name) ? fields.text(name) : fields.objectOrNull(name, each -> null);
    }

    private static Instant[] readValidity(Fields fields) throws PolicyException {
        Instant notAfter = textOrNull(fields, "not_after") == null ? null : Time.read(fields, "not_after");
        return new Instant[] {Time.read(fields, "not_before"), notAfter};
    }

    private static Boolean readSplit(Fields fields) throws PolicyException {
        fields.integer("seed", 0, Long.MAX_VALUE / 10);
        fields.sha256("data_sha256");
        for (String part : new String[] {"calibration", "search", "certification"}) {
            fields.integer(part, 0, Long.MAX_VALUE / 10);
        }
        fields.array("tuning_sketch", 0, 64);
        fields.text("by", "");
        return true;
    }

    private static List<int[]> classMaps(Fields fields) throws PolicyException {
        List<int[]> maps = new ArrayList<>();
        for (Object each : fields.array("class_maps", 0, MAX_RUNGS)) {
            maps.add(each == null ? null : classMap(fields, each));
        }
        return Collections.unmodifiableList(maps);
    }

    private static int[] classMap(Fields fields, Object value) throws PolicyException {
        if (!(value instanceof List) || ((List<?>) value).isEmpty()) {
            throw fields.invalid("class_maps", "should hold arrays of class numbers");
        }
        List<?> classes = (List<?>) value;
        int[] map = new int[classes.size()];
        for (int i = 0; i < map.length; ++i) {
            Object each = classes.get(i);
            String text = each instanceof StrictJson.Number ? ((StrictJson.Number) each).text : "";
            if (!text.matches("-1|0|[1-9][0-9]{0,8}")) {
                throw fields.invalid("class_maps", "should hold class numbers, -1 for none");
            }
            map[i] = Integer.parseInt(text);
        }
        return map;
    }

    /**
     * Refuses with {@link Reason#OTHER_NUMERICS} where the kernels here give other bits than those it was made with.
     */
    public void requireNumerics(int version) throws PolicyException {
        if (version != numericsVersion) {
            throw new PolicyException(
                    Reason.OTHER_NUMERICS,
                    "the policy holds for numerics version " + numericsVersion + ", this library has " + version);
        }
    }

    /** Refuses with {@link Reason#EXPIRED} outside the time that it may be followed. */
    public void requireTime(Instant time) throws PolicyException {
        if (time.isBefore(notBefore)) {
            throw new PolicyException(Reason.EXPIRED, "the policy holds from " + notBefore
                    + " on; is the clock right?");
        }
        if (notAfter != null && time.isAfter(notAfter)) {
            throw new PolicyException(Reason.EXPIRED, "the policy held until " + notAfter + "; push a new one");
        }
    }
}
