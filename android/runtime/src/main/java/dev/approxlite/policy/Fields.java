package dev.approxlite.policy;

import dev.approxlite.policy.PolicyException.Reason;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/** The fields of one JSON object, taken one by one; what nobody took is unknown and refused. */
final class Fields {
    private static final Pattern INTEGER = Pattern.compile("-?(0|[1-9][0-9]{0,17})");
    private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");

    /** Reads one element of an array, or a field that may be null. */
    interface Reader<T> {
        T read(Fields fields) throws PolicyException;
    }

    private final Map<String, Object> values;
    private final Set<String> taken = new HashSet<>();
    private final String where;

    private Fields(Map<String, Object> values, String where) {
        this.values = values;
        this.where = where;
    }

    /** @throws PolicyException unless {@code value} is an object */
    @SuppressWarnings("unchecked") // names of JSON objects are strings
    static Fields of(Object value, String where) throws PolicyException {
        if (!(value instanceof Map)) {
            throw new PolicyException(Reason.INVALID, where + ": should be an object");
        }
        return new Fields((Map<String, Object>) value, where);
    }

    /** Reads all fields with {@code reader}, and refuses those that it did not take. */
    static <T> T read(Object value, String where, Reader<T> reader) throws PolicyException {
        Fields fields = of(value, where);
        T read = reader.read(fields);
        for (String name : fields.values.keySet()) {
            if (!fields.taken.contains(name)) {
                String shown = name.length() > 40 ? name.substring(0, 40) : name;
                throw new PolicyException(Reason.UNKNOWN_FIELD, where + ": unknown field '" + printable(shown) + "'");
            }
        }
        return read;
    }

    boolean has(String name) {
        return values.get(name) != null;
    }

    String text(String name) throws PolicyException {
        Object value = required(name);
        if (!(value instanceof String)) {
            throw invalid(name, "should be text");
        }
        return (String) value;
    }

    String text(String name, String otherwise) throws PolicyException {
        return absent(name) ? otherwise : text(name);
    }

    String sha256(String name) throws PolicyException {
        String value = text(name);
        if (!SHA256.matcher(value).matches()) {
            throw invalid(name, "should be 64 hexadecimal digits");
        }
        return value;
    }

    boolean flag(String name, boolean otherwise) throws PolicyException {
        if (absent(name)) {
            return otherwise;
        }
        Object value = required(name);
        if (!(value instanceof Boolean)) {
            throw invalid(name, "should be true or false");
        }
        return (Boolean) value;
    }

    long integer(String name, long least, long most) throws PolicyException {
        Object value = required(name);
        if (!(value instanceof StrictJson.Number) || !INTEGER.matcher(((StrictJson.Number) value).text).matches()) {
            throw invalid(name, "should be an integer");
        }
        long number = Long.parseLong(((StrictJson.Number) value).text);
        if (number < least || number > most) {
            throw invalid(name, "is " + number + ", not " + least + " to " + most);
        }
        return number;
    }

    long integer(String name, long least, long most, long otherwise) throws PolicyException {
        return absent(name) ? otherwise : integer(name, least, most);
    }

    int index(String name, int count) throws PolicyException {
        return (int) integer(name, 0, count - 1L);
    }

    double number(String name, double least, double most) throws PolicyException {
        double number = real(required(name), name);
        if (!(number >= least && number <= most)) {
            throw invalid(name, "is " + number + ", not " + least + " to " + most);
        }
        return number;
    }

    double number(String name, double least, double most, double otherwise) throws PolicyException {
        return absent(name) ? otherwise : number(name, least, most);
    }

    /** As a 32-bit float; {@code otherwise} where the field is null or absent. */
    float floatOr(String name, double least, double most, float otherwise) throws PolicyException {
        return has(name) ? (float) number(name, least, most) : nothing(name, otherwise);
    }

    <T> T object(String name, Reader<T> reader) throws PolicyException {
        return read(required(name), where + "." + name, reader);
    }

    /** Null where the field is null or absent. */
    <T> T objectOrNull(String name, Reader<T> reader) throws PolicyException {
        return has(name) ? object(name, reader) : nothing(name, null);
    }

    <T> List<T> objects(String name, int least, int most, Reader<T> reader) throws PolicyException {
        List<T> read = new ArrayList<>();
        for (Object element : array(name, least, most)) {
            read.add(element == null ? null : read(element, where + "." + name + "." + read.size(), reader));
        }
        return Collections.unmodifiableList(read);
    }

    double[] numbers(String name, int least, int most) throws PolicyException {
        List<Object> values = array(name, least, most);
        double[] numbers = new double[values.size()];
        for (int i = 0; i < numbers.length; ++i) {
            numbers[i] = real(values.get(i), name);
        }
        return numbers;
    }

    /** Elements as parsed; an absent array is empty if it may be. */
    List<Object> array(String name, int least, int most) throws PolicyException {
        if (least == 0 && absent(name)) {
            return Collections.emptyList();
        }
        Object value = required(name);
        if (!(value instanceof List)) {
            throw invalid(name, "should be an array");
        }
        List<?> values = (List<?>) value;
        if (values.size() < least || values.size() > most) {
            throw invalid(name, "has " + values.size() + " entries, not " + least + " to " + most);
        }
        return Collections.unmodifiableList(values);
    }

    /** The raw value of a field that holds an object with names of its own; empty where it is absent. */
    Map<String, Object> map(String name) throws PolicyException {
        if (absent(name)) {
            return Collections.emptyMap();
        }
        return Collections.unmodifiableMap(of(required(name), where + "." + name).values);
    }

    <E extends Enum<E>> E choice(String name, Class<E> kind) throws PolicyException {
        String text = text(name);
        for (E each : kind.getEnumConstants()) {
            if (each.name().toLowerCase(Locale.ROOT).equals(text)) {
                return each;
            }
        }
        throw invalid(name, "is none of the values that are known");
    }

    PolicyException invalid(String name, String why) {
        return new PolicyException(Reason.INVALID, where + "." + name + ": " + why);
    }

    private boolean absent(String name) {
        taken.add(name);
        return !values.containsKey(name);
    }

    private Object required(String name) throws PolicyException {
        taken.add(name);
        Object value = values.get(name);
        if (value == null) {
            throw invalid(name, "is missing");
        }
        return value;
    }

    private <T> T nothing(String name, T value) {
        taken.add(name);
        return value;
    }

    private double real(Object value, String name) throws PolicyException {
        if (!(value instanceof StrictJson.Number)) {
            throw invalid(name, "should be a number");
        }
        String text = ((StrictJson.Number) value).text;
        double number = Double.parseDouble(text);
        if (Double.isNaN(number) || Double.isInfinite(number)) {
            throw invalid(name, "should be a finite number");
        }
        return number;
    }

    private static String printable(String text) {
        return text.replaceAll("[^\\x20-\\x7e]", "?");
    }
}
