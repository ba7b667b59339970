package dev.approxlite.service;

import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import dev.approxlite.audit.AuditLog;
import dev.approxlite.policy.PolicyArchive;
import dev.approxlite.service.policy.Deliveries;
import dev.approxlite.service.queue.ServiceException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What the desk asks of the service, by words, and the JSON that it is answered with. Thread-safe. */
public final class Control {
    /** Nobody waits longer for content to be taken. */
    static final long LONGEST_WAIT_MS = 60_000;

    private static final Pattern WHOLE = Pattern.compile("(policy|model|key)/([0-9a-f]{64})");
    private static final Pattern PIECE = Pattern.compile(WHOLE.pattern() + "/([0-9]{1,10})/([A-Za-z0-9+/=]*)");

    private final ServiceCore core;

    /** The core outlives this. */
    public Control(ServiceCore core) {
        this.core = core;
    }

    /**
     * One call.
     *
     * @param argument null: none
     * @param who asks, for the log
     * @return one JSON object without line breaks; its member "error" says why something was not done, and "reason" the
     *     same by name, where it has one
     * @throws IllegalArgumentException for a method that is not known
     */
    public String call(String method, String argument, String who) {
        try {
            switch (method) {
                case "outcome":
                    return outcome(String.valueOf(argument));
                case "append":
                    return append(String.valueOf(argument));
                case "take":
                    return take(String.valueOf(argument), who);
                case "rollback":
                    core.inbox().rollBack(argument, "asked by " + who);
                    break;
                case "pin":
                    PolicyArchive policy = core.engines().policy();
                    core.pin(policy, rung(policy, String.valueOf(argument)), who);
                    break;
                case "forget_key":
                    forgetKey(String.valueOf(argument), who);
                    break;
                case "forget_model":
                    core.inbox().forgetModel(String.valueOf(argument));
                    core.audit().append(AuditLog.Event.OVERRIDE, "model " + argument, "", "forgotten, asked by " + who,
                            Double.NaN);
                    break;
                default:
                    throw new IllegalArgumentException(
                            "method " + method + " is not here; there are append, take, outcome, rollback, pin, forget_key "
                                    + "and forget_model");
            }
            return core.status().json();
        } catch (IOException | ServiceException refused) {
            JsonObject error = new JsonObject();
            error.addProperty("error", String.valueOf(refused.getMessage()).replaceAll("\\s+", " "));
            if (refused instanceof ServiceException typed) {
                error.addProperty("reason", typed.reason().name());
            }
            return error.toString();
        }
    }

    /** Whether a call brings a key, which not everybody may who may call. */
    public static boolean bringsKey(String method, String argument) {
        return (method.equals("append") || method.equals("take")) && String.valueOf(argument).startsWith("key/");
    }

    /**
     * Lines of the audit log with this sequence number and those after it, oldest first, as they are stored; damaged
     * ones with the line before them.
     */
    public String audit(long from) throws IOException {
        StringBuilder text = new StringBuilder();
        boolean wanted = from <= 0;
        for (Path each : core.audit().files()) {
            String content = new String(Files.readAllBytes(each), StandardCharsets.UTF_8);
            int begin = 0;
            for (int end = content.indexOf('\n'); end >= 0; end = content.indexOf('\n', begin)) {
                String line = content.substring(begin, end);
                long sequence = AuditLog.sequenceOf(line);
                wanted |= sequence >= from;
                if (wanted) {
                    text.append(line).append('\n');
                }
                begin = end + 1;
            }
        }
        return text.toString();
    }

    /** KIND/SHA256/OFFSET/BASE64. */
    private String append(String argument) throws IOException {
        Matcher piece = PIECE.matcher(argument);
        if (!piece.matches()) {
            throw new IOException("append takes KIND/SHA256/OFFSET/BASE64, a kind being policy, model or key");
        }
        byte[] content;
        try {
            content = Base64.getDecoder().decode(piece.group(4));
        } catch (IllegalArgumentException torn) {
            throw new IOException("the piece is no base64: " + torn.getMessage());
        }
        JsonObject json = new JsonObject();
        long offset = Long.parseLong(piece.group(3));
        json.addProperty("bytes", core.pieces().add(kind(piece.group(1)), piece.group(2), offset, content));
        return json.toString();
    }

    /** KIND/SHA256. */
    private String take(String argument, String who) throws IOException {
        Matcher whole = WHOLE.matcher(argument);
        if (!whole.matches()) {
            throw new IOException("take takes KIND/SHA256, a kind being policy, model or key");
        }
        Deliveries.Kind kind = kind(whole.group(1));
        Path file = core.pieces().whole(kind, whole.group(2));
        core.deliveries().expect(whole.group(2)); // for whoever asks while it is tried
        core.deliveries().take(kind, whole.group(2), file, who, null);
        return outcome(whole.group(2));
    }

    private static Deliveries.Kind kind(String name) {
        return Deliveries.Kind.valueOf(name.toUpperCase(Locale.ROOT));
    }

    private String outcome(String sha256) {
        Deliveries.Outcome found = core.deliveries().await(sha256, LONGEST_WAIT_MS);
        JsonObject json = new JsonObject();
        json.addProperty("outcome", found.outcome());
        json.addProperty("reason", found.reason().isEmpty() ? null : found.reason());
        json.addProperty("message", found.message());
        json.add("sequence", JsonNull.INSTANCE);
        if (found.sequence() >= 0) {
            json.addProperty("sequence", found.sequence());
        }
        return json.toString();
    }

    private static int rung(PolicyArchive policy, String text) throws ServiceException {
        if (text.equals("auto")) {
            return -1;
        }
        if (text.equals("exact") && policy != null) {
            return policy.policy().exactRung();
        }
        if (text.matches("[0-9]{1,2}")) {
            return Integer.parseInt(text);
        }
        throw new ServiceException(
                ServiceException.Reason.NO_POLICY,
                text.equals("exact")
                        ? "there is no policy, so exact runs already"
                        : "pin takes exact, auto or a rung's number");
    }

    private void forgetKey(String name, String who) throws IOException, ServiceException {
        if (!core.keys().forget(name)) {
            throw new ServiceException(ServiceException.Reason.NO_POLICY, "no key of that name was added here");
        }
        core.inbox().recheck();
        core.audit().append(AuditLog.Event.OVERRIDE, "key " + name, "", "forgotten, asked by " + who, Double.NaN);
    }
}
