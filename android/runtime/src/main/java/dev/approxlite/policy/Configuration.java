package dev.approxlite.policy;

import dev.approxlite.policy.PolicyException.Reason;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * The form of configuration text, {@code conv_2d_3=int8+rows:1/2,fully_connected_11=int8}. Whether the model has those
 * operators and knobs is for the engine to say; a policy names operators by id, so {@code all=} and types are not read.
 */
final class Configuration {
    static final String EXACT = "exact";

    private static final Pattern ID = Pattern.compile("[a-z][a-z0-9_]*_(0|[1-9][0-9]{0,8})");
    private static final Map<String, Integer> ORDER = new HashMap<>();

    /** Kinds of which a knob has at most one. */
    private static final String[][] EXCLUSIVE = {
        {"checker", "rows"}, {"checker", "cols"}, {"inputs", "rank"}, {"inputs", "sample"},
        {"rank", "sample"}, {"rank", "rows"}, {"rank", "cols"}, {"rank", "checker"},
    };

    static {
        List<String> atoms = new ArrayList<>(Arrays.asList("int8"));
        addAll(atoms, "inputs", "3/4", "1/2", "1/4");
        addAll(atoms, "rank", "3/4", "1/2", "1/4");
        addAll(atoms, "sample", "1/2", "2/3", "3/4");
        addAll(atoms, "rows", "1/2", "2/3", "3/4", "1/3", "1/4");
        addAll(atoms, "cols", "1/2", "2/3", "3/4", "1/3", "1/4");
        atoms.add("checker:1/2");
        for (String atom : atoms) {
            ORDER.put(atom, ORDER.size());
        }
    }

    private Configuration() {}

    /**
     * The text with only operators that are not exact, in model order, atoms in their order.
     *
     * @throws PolicyException if it is not of the form; one line that names the culprit
     */
    static String canonical(String text) throws PolicyException {
        if (text.isEmpty() || text.equals(EXACT)) {
            return EXACT;
        }
        Map<Integer, String> entries = new TreeMap<>();
        for (String entry : text.split(",", -1)) {
            int equals = entry.indexOf('=');
            if (equals <= 0 || equals == entry.length() - 1) {
                throw refused("'" + entry + "' is not of the form OPERATOR=KNOB, like conv_2d_3=int8");
            }
            String name = entry.substring(0, equals);
            if (!ID.matcher(name).matches()) {
                throw refused("'" + name + "' is no operator id such as conv_2d_7");
            }
            int index = Integer.parseInt(name.substring(name.lastIndexOf('_') + 1));
            String knob = canonicalKnob(entry.substring(equals + 1));
            String before = entries.get(index);
            if (before != null && !before.startsWith(name + "=")) {
                throw refused("'" + name + "' and '" + before + "' are one operator");
            }
            entries.put(index, knob.equals(EXACT) ? "" : name + "=" + knob);
        }
        entries.values().removeIf(String::isEmpty);
        return entries.isEmpty() ? EXACT : String.join(",", entries.values());
    }

    /** Whether the text uses weights that were calibrated for it, which rungs.bin has to hold. */
    static boolean bringsWeights(String canonical) {
        return canonical.contains("inputs:") || canonical.contains("rank:");
    }

    private static String canonicalKnob(String text) throws PolicyException {
        if (text.equals(EXACT)) {
            return EXACT;
        }
        List<String> atoms = new ArrayList<>(Arrays.asList(text.split("\\+", -1)));
        List<String> kinds = new ArrayList<>();
        for (String atom : atoms) {
            if (atom.equals(EXACT)) {
                throw refused("knob '" + text + "' is exact and something else; choose one of them");
            }
            if (!ORDER.containsKey(atom)) {
                throw refused("unknown knob '" + atom + "' in '" + text + "'");
            }
            String kind = atom.split(":", 2)[0];
            if (kinds.contains(kind)) {
                throw refused("knob '" + text + "' sets '" + kind + "' more than once");
            }
            kinds.add(kind);
        }
        for (String[] pair : EXCLUSIVE) {
            if (kinds.contains(pair[0]) && kinds.contains(pair[1])) {
                throw refused("knob '" + text + "' combines " + pair[0] + " with " + pair[1]);
            }
        }
        atoms.sort((a, b) -> ORDER.get(a) - ORDER.get(b));
        return String.join("+", atoms);
    }

    private static void addAll(List<String> atoms, String kind, String... fractions) {
        for (String fraction : fractions) {
            atoms.add(kind + ":" + fraction);
        }
    }

    private static PolicyException refused(String why) {
        return new PolicyException(Reason.INVALID, "configuration: " + why.replaceAll("[^\\x20-\\x7e]", "?"));
    }
}
