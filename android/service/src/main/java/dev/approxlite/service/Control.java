package dev.approxlite.service;

import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.approxlite.audit.AuditLog;
import dev.approxlite.policy.PolicyArchive;
import dev.approxlite.service.policy.Deliveries;
import dev.approxlite.service.queue.ServiceException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** What the desk asks of the service, by words, and the JSON that it is answered with. Thread-safe. */
public final class Control {
    /** Nobody waits longer for content to be taken. */
    static final long LONGEST_WAIT_MS = 60_000;

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
     * @return one JSON object without line breaks; its member "error" says why something was not done
     * @throws IllegalArgumentException for a method that is not known
     */
    public String call(String method, String argument, String who) {
        try {
            switch (method) {
                case "outcome":
                    return outcome(String.valueOf(argument));
                case "rollback":
                    core.inbox().rollBack("asked by " + who);
                    break;
                case "pin":
                    core.pin(rung(String.valueOf(argument)), who);
                    break;
                case "forget_key":
                    forgetKey(String.valueOf(argument), who);
                    break;
                default:
                    throw new IllegalArgumentException(
                            "method " + method + " is not here; there are outcome, rollback, pin and forget_key");
            }
            return core.status().json();
        } catch (IOException | ServiceException refused) {
            JsonObject error = new JsonObject();
            error.addProperty("error", String.valueOf(refused.getMessage()).replaceAll("\\s+", " "));
            return error.toString();
        }
    }

    /** Lines of the audit log with this sequence number and those after it, oldest first, as they are stored. */
    public String audit(long from) throws IOException {
        StringBuilder text = new StringBuilder();
        for (Path each : core.audit().files()) {
            String content = new String(Files.readAllBytes(each), StandardCharsets.UTF_8);
            int begin = 0;
            for (int end = content.indexOf('\n'); end >= 0; end = content.indexOf('\n', begin)) {
                String line = content.substring(begin, end);
                if (from <= 0 || sequence(line) >= from) {
                    text.append(line).append('\n');
                }
                begin = end + 1;
            }
        }
        return text.toString();
    }

    private static long sequence(String line) {
        return JsonParser.parseString(line).getAsJsonObject().get("sequence").getAsLong();
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

    private int rung(String text) throws ServiceException {
        PolicyArchive policy = core.engines().policy();
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
        core.audit().append(AuditLog.Event.OVERRIDE, "key " + name, "", "forgotten, asked by " + who, Double.NaN);
    }
}
