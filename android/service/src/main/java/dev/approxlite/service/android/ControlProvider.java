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
import dev.approxlite.policy.PolicyException;
import dev.approxlite.service.queue.ServiceException;
import java.io.File;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What the desk reads and pushes, over adb by the shell or from an app with {@link #PERMISSION}:
 *
 * <pre>
 * content query --uri content://dev.approxlite.control/status      one row: json
 * content query --uri content://dev.approxlite.control/audit       rows: line, oldest first
 * content read  --uri content://dev.approxlite.control/audit       the same as text
 * content write --uri content://dev.approxlite.control/model       a model file from stdin
 * content write --uri content://dev.approxlite.control/policy      a signed policy from stdin; outcome in status, audit
 * content call  --uri content://dev.approxlite.control --method rollback|pin [--arg RUNG]
 * </pre>
 */
public final class ControlProvider extends ContentProvider {
    /** Of the desk's tools and the phone's owner. */
    public static final String PERMISSION = "dev.approxlite.permission.CONTROL";

    private Handler incoming;

    @Override
    public boolean onCreate() {
        HandlerThread thread = new HandlerThread("approxlite-incoming");
        thread.start();
        incoming = new Handler(thread.getLooper());
        return true;
    }

    @Override
    public Cursor query(Uri uri, String[] columns, String selection, String[] arguments, String order) {
        requireControl("read " + uri.getPath());
        ServiceHolder holder = ServiceHolder.of(getContext());
        switch (String.valueOf(uri.getPath())) {
            case "/status": {
                MatrixCursor rows = new MatrixCursor(new String[] {"json"}, 1);
                rows.addRow(new Object[] {holder.core().status().json()});
                return rows;
            }
            case "/audit": {
                MatrixCursor rows = new MatrixCursor(new String[] {"line"});
                try {
                    for (String line : auditText().split("\n")) {
                        rows.addRow(new Object[] {line});
                    }
                } catch (IOException problem) {
                    throw new IllegalStateException("the audit log cannot be read: " + problem.getMessage(), problem);
                }
                return rows;
            }
            default:
                throw new IllegalArgumentException(uri + " is not here; there are /status and /audit");
        }
    }

    @Override
    public ParcelFileDescriptor openFile(Uri uri, String mode) throws FileNotFoundException {
        requireControl((mode.contains("w") ? "write " : "read ") + uri.getPath());
        try {
            File file = File.createTempFile("control", null, getContext().getCacheDir());
            String path = String.valueOf(uri.getPath());
            if (path.equals("/audit") && mode.equals("r")) {
                Files.write(file.toPath(), auditText().getBytes(StandardCharsets.UTF_8));
                ParcelFileDescriptor opened = ParcelFileDescriptor.open(file, ParcelFileDescriptor.MODE_READ_ONLY);
                Files.delete(file.toPath());
                return opened;
            }
            if ((path.equals("/policy") || path.equals("/model")) && mode.startsWith("w")) {
                return ParcelFileDescriptor.open(
                        file, ParcelFileDescriptor.MODE_READ_WRITE, incoming, problem -> take(path, file, problem));
            }
            Files.delete(file.toPath());
        } catch (IOException problem) {
            throw new FileNotFoundException(uri + ": " + problem.getMessage());
        }
        throw new FileNotFoundException(uri + " cannot be opened with mode " + mode);
    }

    @Override
    public Bundle call(String method, String argument, Bundle extras) {
        requireControl("call " + method);
        ServiceHolder holder = ServiceHolder.of(getContext());
        Bundle result = new Bundle();
        try {
            switch (method) {
                case "rollback":
                    holder.core().inbox().rollBack("asked by uid " + Binder.getCallingUid());
                    break;
                case "pin":
                    holder.core().pin(Integer.parseInt(String.valueOf(argument)), "uid " + Binder.getCallingUid());
                    break;
                default:
                    throw new IllegalArgumentException("method " + method + " is not here; there are rollback and pin");
            }
            result.putString("status", holder.core().status().json());
        } catch (IOException | ServiceException | NumberFormatException problem) {
            result.putString("error", String.valueOf(problem.getMessage()));
        }
        return result;
    }

    /** What was written came in whole, or not at all. */
    private void take(String path, File file, IOException problem) {
        try {
            int most = path.equals("/policy") ? PolicyArchive.MAX_BYTES : ModelFolder.MOST_BYTES;
            ServiceHolder holder = ServiceHolder.of(getContext());
            if (problem == null && file.length() > most) {
                holder.core().refused(path, "larger than " + most + " bytes");
            } else if (problem == null && path.equals("/policy")) {
                holder.core().inbox().receive(Files.readAllBytes(file.toPath()), "the control provider");
            } else if (problem == null) {
                holder.models().add(Files.readAllBytes(file.toPath()));
            }
        } catch (PolicyException refused) {
            // it is in the log, with the reason
        } catch (IOException failed) {
            ServiceHolder.of(getContext()).core().inbox().note(path + ": " + failed.getMessage());
        } finally {
            file.delete();
        }
    }

    private String auditText() throws IOException {
        StringBuilder text = new StringBuilder();
        for (Path each : ServiceHolder.of(getContext()).core().audit().files()) {
            text.append(new String(Files.readAllBytes(each), StandardCharsets.UTF_8));
        }
        return text.toString();
    }

    /** The shell, root and this APK may; an app needs the permission. */
    private void requireControl(String what) {
        int uid = Binder.getCallingUid();
        if (uid == Process.myUid() || uid == 0 || uid == Process.SHELL_UID) {
            return;
        }
        InferenceService.requirePermission(getContext(), PERMISSION, Binder.getCallingPid(), uid, what);
    }

    @Override
    public String getType(Uri uri) {
        return null;
    }

    @Override
    public Uri insert(Uri uri, ContentValues values) {
        throw new UnsupportedOperationException("nothing is inserted here; write to /policy or /model");
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
