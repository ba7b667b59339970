package dev.approxlite.policy;

import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import com.google.gson.stream.MalformedJsonException;
import java.io.IOException;
import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads JSON of a few kilobytes that nobody vouches for: strict UTF-8 and RFC 8259, no name twice, bounded depth. */
final class StrictJson {
    private static final int MAX_DEPTH = 12;

    /** A number as it was written, because a float and an integer are read from it in different ways. */
    static final class Number {
        final String text;

        Number(String text) {
            this.text = text;
        }
    }

    private StrictJson() {}

    /** Maps, lists, strings, {@link Number}s, booleans and null. */
    static Object parse(byte[] content, String where) throws PolicyException {
        try (JsonReader reader = new JsonReader(new StringReader(text(content)))) {
            reader.setStrictness(Strictness.STRICT);
            Object value = value(reader, 0);
            if (reader.peek() != JsonToken.END_DOCUMENT) {
                throw new MalformedJsonException("more than one value");
            }
            return value;
        } catch (IOException | IllegalStateException | NumberFormatException problem) {
            String why = String.valueOf(problem.getMessage()).split("\n", 2)[0];
            throw new PolicyException(PolicyException.Reason.DAMAGED, where + ": no JSON (" + why + ")");
        }
    }

    private static String text(byte[] content) throws CharacterCodingException {
        return StandardCharsets.UTF_8.newDecoder()
                .onMalformedInput(CodingErrorAction.REPORT)
                .onUnmappableCharacter(CodingErrorAction.REPORT)
                .decode(ByteBuffer.wrap(content))
                .toString();
    }

    private static Object value(JsonReader reader, int depth) throws IOException {
        if (depth > MAX_DEPTH) {
            throw new MalformedJsonException("nested more than " + MAX_DEPTH + " deep");
        }
        switch (reader.peek()) {
            case BEGIN_OBJECT:
                return object(reader, depth);
            case BEGIN_ARRAY:
                return array(reader, depth);
            case STRING:
                return reader.nextString();
            case NUMBER:
                return new Number(reader.nextString());
            case BOOLEAN:
                return reader.nextBoolean();
            case NULL:
                reader.nextNull();
                return null;
            default:
                throw new MalformedJsonException("ends too early");
        }
    }

    private static Map<String, Object> object(JsonReader reader, int depth) throws IOException {
        Map<String, Object> fields = new LinkedHashMap<>();
        reader.beginObject();
        while (reader.hasNext()) {
            String name = reader.nextName();
            if (fields.containsKey(name)) {
                throw new MalformedJsonException("a name occurs twice");
            }
            fields.put(name, value(reader, depth + 1));
        }
        reader.endObject();
        return fields;
    }

    private static List<Object> array(JsonReader reader, int depth) throws IOException {
        List<Object> values = new ArrayList<>();
        reader.beginArray();
        while (reader.hasNext()) {
            values.add(value(reader, depth + 1));
        }
        reader.endArray();
        return values;
    }
}
