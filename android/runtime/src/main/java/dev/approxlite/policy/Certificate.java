package dev.approxlite.policy;

import dev.approxlite.policy.PolicyException.Reason;
import java.util.Arrays;
import java.util.List;

/**
 * What is promised: on data like the certification data, the policy disagrees with exact on at most {@code epsilon} of
 * the inputs, with confidence 1 - {@code delta}. Made and explained on the desk; a phone needs what is named here.
 *
 * @param epsilon between 0 and 1
 * @param delta between 0 and 1
 * @param samples that certified it
 * @param upperBound the bound that these samples give, at most {@code epsilon}
 * @param candidate the last candidate that passed, the cheapest
 * @param certified how many candidates passed, from the first on; any of them may run
 * @param statement all of this for a person
 */
public record Certificate(
        double epsilon,
        double delta,
        long samples,
        double upperBound,
        int candidate,
        int certified,
        String statement) {
    private static final double ABOVE_0 = Double.MIN_VALUE;
    private static final double BELOW_1 = Math.nextDown(1.0);
    private static final long MOST = Long.MAX_VALUE / 10;
    private static final List<String> UNITS = Arrays.asList("sample", "group", "block");

    static Certificate read(Fields fields, int candidates) throws PolicyException {
        readEvidence(fields, candidates);
        Certificate read = new Certificate(
                fields.number("epsilon", ABOVE_0, BELOW_1),
                fields.number("delta", ABOVE_0, BELOW_1),
                fields.integer("samples", 1, MOST),
                fields.number("upper_bound", 0, 1),
                fields.index("candidate", candidates),
                (int) fields.integer("certified", 1, candidates),
                fields.text("statement"));
        if (read.certified != read.candidate + 1) {
            throw fields.invalid("certified", "the candidates that are certified do not end with the certificate's");
        }
        return read;
    }

    /** What people and desks read; a phone checks only that it is there and of its kind. */
    private static void readEvidence(Fields fields, int candidates) throws PolicyException {
        Time.read(fields, "created");
        fields.text("method");
        fields.sha256("data_sha256");
        if (!UNITS.contains(fields.text("unit", "sample"))) {
            throw fields.invalid("unit", "is none of " + UNITS);
        }
        fields.integer("units", 1, MOST);
        fields.text("by", "");
        fields.integer("block", 1, MOST, 1);
        fields.text("assumption");
        fields.integer("disagreements", 0, MOST);
        fields.number("p_value", 0, 1);
        fields.number("smallest_epsilon", 0, 1);
        fields.integer("units_for_two_percent", 1, MOST);
        fields.integer("claims", 1, MOST, 1);
        if (fields.has("units_for_next")) {
            fields.integer("units_for_next", 1, MOST);
        } else {
            fields.objectOrNull("units_for_next", each -> null);
        }
        List<Boolean> tests = fields.objects("tests", 1, Policy.MAX_CANDIDATES, test -> {
            test.integer("candidate", 0, Policy.MAX_CANDIDATES);
            test.integer("disagreements", 0, MOST);
            test.number("share", 0, 1);
            test.number("p_value", 0, 1);
            return true;
        });
        if (tests.contains(null)) {
            throw new PolicyException(Reason.INVALID, "certificate.tests: one of them is nothing");
        }
    }
}
