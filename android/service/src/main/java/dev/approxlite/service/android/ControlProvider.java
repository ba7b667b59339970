package dev.approxlite.service.android;

import android.content.ContentProvider;
import android.content.ContentValues;
import android.database.Cursor;
import android.database.MatrixCursor;
import android.net.Uri;
import android.os.Binder;
import android.os.Bundle;
import android.os.Handler;
import android.os.HandlerThread;
import android.os.ParcelFileDescriptor;
import android.os.Process;
import dev.approxlite.policy.PolicyArchive;
import dev.approxlite.service.Control;
import dev.approxlite.service.ServiceCore;
import dev.approxlite.service.policy.Deliveries;
import dev.approxlite.service.policy.Deliveries.Kind;
import java.io.File;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * What the desk reads and pushes, over adb by the shell or from an app with {@link #PERMISSION};
 * docs/android-control.md says what comes back:
 *
 * <pre>
 * content query --uri content://dev.approxlite.control/status      one row: json
 * content query --uri content://dev.approxlite.control/audit       rows: line, oldest first; /audit/N: from N on
 * content read  --uri content://dev.approxlite.control/audit       the same as text
 * content read  --uri content://dev.approxlite.control/policy      policy.json of what is followed; nothing for exact
 * content read  --uri content://dev.approxlite.control/guard       the saved state of its guard
 * content write --uri content://dev.approxlite.control/model       a model file from stdin; /model/SHA256 to ask for it
 * content write --uri content://dev.approxlite.control/policy      a signed policy, likewise
 * content write --uri content://dev.approxlite.control/key         a public key, likewise, by the shell alone
 * content call  --uri content://dev.approxlite.control --method outcome|rollback|pin|forget_key|forget_model
 *     [--arg TEXT]
 * </pre>
 */
public final class ControlProvider extends ContentProvider {
    /** Of the desk's tools and the phone's owner. */
    public static final String PERMISSION = "dev.approxlite.permission.CONTROL";

    private static final long SIZE_EVERY_MS = 200;

    private Handler incoming;
    private Handler sizes;

    @Override
    public boolean onCreate() {
        incoming = handler("approxlite-incoming");
        sizes = handler("approxlite-sizes");
        return true;
    }

    private static Handler handler(String name) {
        HandlerThread thread = new HandlerThread(name);
        thread.start();
        return new Handler(thread.getLooper());
    }

    @Override
    public Cursor query(Uri uri, String[] columns, String selection, String[] arguments, String order) {
        requireControl("read " + uri.getPath());
        ServiceHolder holder = ServiceHolder.of(getContext());
        List<String> path = uri.getPathSegments();
        if (path.equals(List.of("status"))) {
            MatrixCursor rows = new MatrixCursor(new String[] {"json"}, 1);
            rows.addRow(new Object[] {holder.core().status().json()});
            return rows;
        }
        String[] lines;
        try {
            lines = auditText(uri, path).split("\n");
        } catch (IOException problem) {
            throw new IllegalStateException("the audit log cannot be read: " + problem.getMessage(), problem);
        }
        MatrixCursor rows = new MatrixCursor(new String[] {"line"}, lines.length);
        for (String line : lines) {
            rows.addRow(new Object[] {line});
        }
        return rows;
    }

    @Override
    public ParcelFileDescriptor openFile(Uri uri, String mode) throws FileNotFoundException {
        requireControl((mode.contains("w") ? "write " : "read ") + uri.getPath());
        try {
            return mode.contains("w") ? openToWrite(uri) : openToRead(content(uri));
        } catch (IOException problem) {
            throw new FileNotFoundException(uri + ": " + problem.getMessage());
        }
    }

    @Override
    public Bundle call(String method, String argument, Bundle extras) {
        requireControl("call " + method);
        if (Control.bringsKey(method, argument)) {
            requireShell();
        }
        Bundle result = new Bundle();
        Control control = new Control(ServiceHolder.of(getContext()).core());
        result.putString("json", control.call(method, argument, who()));
        return result;
    }

    /** What lies under an address. */
    private byte[] content(Uri uri) throws IOException {
        ServiceCore core = ServiceHolder.of(getContext()).core();
        PolicyArchive policy = core.engines().policy();
        switch (String.valueOf(uri.getPath())) {
            case "/policy":
                return policy == null ? new byte[0] : policy.policyJson();
            case "/guard":
                byte[] state = core.inbox().guardState();
                return state == null ? new byte[0] : state;
            default:
                return auditText(uri, uri.getPathSegments()).getBytes(StandardCharsets.UTF_8);
        }
    }

    private String auditText(Uri uri, List<String> path) throws IOException {
        boolean numbered = path.size() == 2 && path.get(1).matches("[0-9]{1,18}");
        if (path.isEmpty() || !path.get(0).equals("audit") || !(path.size() == 1 || numbered)) {
            throw new IllegalArgumentException(
                    uri + " is not here; there are /status, /audit, /audit/SEQUENCE, /policy and /guard");
        }
        return new Control(ServiceHolder.of(getContext()).core()).audit(numbered ? Long.parseLong(path.get(1)) : 0);
    }

    private ParcelFileDescriptor openToRead(byte[] content) throws IOException {
        File file = File.createTempFile("control", null, getContext().getCacheDir());
        Files.write(file.toPath(), content);
        ParcelFileDescriptor opened = ParcelFileDescriptor.open(file, ParcelFileDescriptor.MODE_READ_ONLY);
        Files.delete(file.toPath());
        return opened;
    }

    /** What is written is taken once it is closed, whole or not at all. */
    private ParcelFileDescriptor openToWrite(Uri uri) throws IOException {
        List<String> path = uri.getPathSegments();
        Kind kind = kind(uri, path);
        if (kind == Kind.KEY) {
            requireShell();
        }
        String expected = path.size() == 2 ? path.get(1) : null;
        String who = who();
        Deliveries deliveries = ServiceHolder.of(getContext()).core().deliveries();
        File file = File.createTempFile("control", null, getContext().getCacheDir());
        if (expected != null) {
            deliveries.expect(expected);
        }
        AtomicBoolean closed = new AtomicBoolean();
        sizes.postDelayed(() -> holdToSize(file, kind, closed), SIZE_EVERY_MS);
        return ParcelFileDescriptor.open(
                file, ParcelFileDescriptor.MODE_WRITE_ONLY, incoming, problem -> {
                    closed.set(true);
                    String torn = problem == null ? null : "its writer was gone before it closed it (" + problem + ")";
                    deliveries.take(kind, expected, file.toPath(), who, torn);
                });
    }

    /** While it is written: what is larger than any of its kind takes no room, and stays too large to be taken. */
    private void holdToSize(File file, Kind kind, AtomicBoolean closed) {
        if (closed.get()) {
            return;
        }
        if (file.length() > kind.mostBytes()) {
            try (RandomAccessFile content = new RandomAccessFile(file, "rw")) {
                content.setLength(0);
                content.setLength(kind.mostBytes() + 1);
            } catch (IOException gone) {
                return;
            }
        }
        sizes.postDelayed(() -> holdToSize(file, kind, closed), SIZE_EVERY_MS);
    }

    private static Kind kind(Uri uri, List<String> path) throws FileNotFoundException {
        if (path.size() == 1 || path.size() == 2 && path.get(1).matches("[0-9a-f]{64}")) {
            for (Kind each : Kind.values()) {
                if (each.name().toLowerCase(Locale.ROOT).equals(path.get(0))) {
                    return each;
                }
            }
        }
        throw new FileNotFoundException(
                uri + " cannot be written; there are /policy, /model and /key, and /SHA256 behind");
    }

    private static String who() {
        return "uid " + Binder.getCallingUid();
    }

    private static boolean isShell(int uid) {
        return uid == 0 || uid == Process.SHELL_UID;
    }

    private static void requireShell() {
        if (!isShell(Binder.getCallingUid())) {
            throw new SecurityException("keys are added by the shell alone, which the phone's owner let in");
        }
    }

    /** The shell, root and this APK may; an app needs the permission. */
    private void requireControl(String what) {
        int uid = Binder.getCallingUid();
        if (uid != Process.myUid() && !isShell(uid)) {
            InferenceService.requirePermission(getContext(), PERMISSION, Binder.getCallingPid(), uid, what);
        }
    }

    @Override
    public String getType(Uri uri) {
        return null;
    }

    @Override
    public Uri insert(Uri uri, ContentValues values) {
        throw new UnsupportedOperationException("nothing is inserted here; write to /policy, /model or /key");
    }

    @Override
    public int delete(Uri uri, String selection, String[] arguments) {
        throw new UnsupportedOperationException("nothing is deleted here");
    }

    @Override
    public int update(Uri uri, ContentValues values, String selection, String[] arguments) {
        throw new UnsupportedOperationException("nothing is updated here");
    }
}
