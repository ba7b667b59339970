package dev.approxlite.testing.device;

import android.content.ContentResolver;
import android.database.Cursor;
import android.net.Uri;
import android.os.Bundle;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Android's {@code content}: prints what it prints, and ends with status 0 whatever happens, as it does. */
final class ContentTool {
    private final ContentResolver resolver;

    ContentTool(ContentResolver resolver) {
        this.resolver = resolver;
    }

    int run(Caller caller) throws IOException {
        List<String> words = caller.words();
        Map<String, String> given = new HashMap<>();
        for (int i = 2; i + 1 < words.size(); i += 2) {
            given.put(words.get(i), words.get(i + 1));
        }
        if (words.size() < 4 || words.size() % 2 != 0 || !given.containsKey("--uri")) {
            caller.complain("[ERROR] Unsupported operation: " + String.join(" ", words));
            return 0;
        }
        Uri uri = Uri.parse(given.get("--uri"));
        try {
            run(caller, words.get(1), uri, given);
        } catch (RuntimeException | IOException problem) {
            StringWriter trace = new StringWriter();
            problem.printStackTrace(new PrintWriter(trace));
            caller.complain("Error while accessing provider:" + uri.getAuthority() + "\n" + trace);
        }
        return 0;
    }

    private void run(Caller caller, String command, Uri uri, Map<String, String> given) throws IOException {
        switch (command) {
            case "query":
                query(caller, uri);
                break;
            case "read":
                try (InputStream content = resolver.openInputStream(uri)) {
                    caller.copyOutput(content);
                }
                break;
            case "write":
                try (OutputStream content = resolver.openOutputStream(uri, "w")) {
                    caller.copyInput(content);
                }
                break;
            case "call":
                Bundle result = resolver.call(uri, given.get("--method"), given.get("--arg"), null);
                if (result != null) {
                    result.size(); // unpacks it
                }
                caller.print("Result: " + result);
                break;
            default:
                caller.complain("[ERROR] Unsupported operation: " + command);
        }
    }

    private void query(Caller caller, Uri uri) throws IOException {
        try (Cursor rows = resolver.query(uri, null, null, null, null)) {
            if (rows == null || !rows.moveToFirst()) {
                caller.print("No result found.");
                return;
            }
            int number = 0;
            do {
                StringBuilder line = new StringBuilder("Row: ").append(number++).append(' ');
                for (int column = 0; column < rows.getColumnCount(); ++column) {
                    line.append(column == 0 ? "" : ", ").append(rows.getColumnName(column)).append('=')
                            .append(rows.isNull(column) ? "NULL" : rows.getString(column));
                }
                caller.print(line.toString());
            } while (rows.moveToNext());
        }
    }
}
