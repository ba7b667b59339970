package dev.approxlite.service;

import dev.approxlite.audit.AuditLog;
import dev.approxlite.context.DeviceContext;
import dev.approxlite.engine.Kernels;
import dev.approxlite.policy.PolicyArchive;
import dev.approxlite.policy.PolicyStore;
import dev.approxlite.policy.TrustedKeys;
import dev.approxlite.service.access.CallerGuard;
import dev.approxlite.service.access.ClientSessions;
import dev.approxlite.service.engine.EngineLauncher;
import dev.approxlite.service.engine.EngineSupervisor;
import dev.approxlite.service.policy.Deliveries;
import dev.approxlite.service.policy.GuardStates;
import dev.approxlite.service.policy.KeyFolder;
import dev.approxlite.service.policy.ModelFolder;
import dev.approxlite.service.policy.Pieces;
import dev.approxlite.service.policy.PolicyInbox;
import dev.approxlite.service.queue.Dispatcher;
import dev.approxlite.service.queue.ServiceException;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;

/** The service without Android: what its adapters and the desk's tests put work into. Thread-safe. */
public final class ServiceCore implements Closeable {
    /** Requests that may wait in all, and of one app. */
    public static final int MOST_WAITING = 64;

    public static final int MOST_OF_ONE_APP = 16;
    /** Bytes of each of the two audit files. */
    public static final long AUDIT_BYTES = 1 << 20;
    /** A policy that answered so many inputs without an alarm is kept. */
    public static final int TRIAL_ANSWERS = 200;

    private final AuditLog audit;
    private final PolicyStore store;
    private final EngineSupervisor engines;
    private final Dispatcher dispatcher;
    private final ClientSessions sessions;
    private final CallerGuard callers;
    private final PolicyInbox inbox;
    private final ModelFolder models;
    private final KeyFolder keys;
    private final Supplier<TrustedKeys> trusted;
    private final Deliveries deliveries;
    private final Pieces pieces;
    private final Supplier<DeviceContext> device;
    private final String version;
    private final Supplier<Kernels> kernels;
    private final ExecutorService executor;

    /** What the service finds around it. */
    public static final class Parts {
        /** Its own, private to it. */
        public Path folder;
        public EngineLauncher launcher;
        public PolicyStore.Admission admission;
        /** Where models lie that were pushed; null: in the folder. */
        public ModelFolder models;
        /** Pinned when the app was built; the owner's own lie in the folder. */
        public Supplier<TrustedKeys> keys;
        public CallerGuard.Permissions permissions;
        public Supplier<DeviceContext> device;
        /** Of the app, such as "0.1.0"; "" where nobody says. */
        public String version = "";
        /** What engines compute with, once one told; null before. */
        public Supplier<Kernels> kernels = () -> null;
        /** The phone's, for how long policies hold. */
        public Clock clock = Clock.systemUTC();
        /** So many engines may die within a minute before engines are left alone for half of one. */
        public int mostDeaths = EngineSupervisor.MOST_DEATHS;
    }

    /** @throws IOException if the folder cannot be used */
    public ServiceCore(Parts parts) throws IOException {
        Files.createDirectories(parts.folder);
        device = parts.device;
        version = parts.version;
        kernels = parts.kernels;
        audit = AuditLog.open(parts.folder.resolve("audit.jsonl"), AUDIT_BYTES);
        store = PolicyStore.open(policies(parts.folder));
        executor = Executors.newSingleThreadExecutor(work -> {
            Thread thread = new Thread(work, "approxlite-policy");
            thread.setDaemon(true);
            return thread;
        });
        models = parts.models != null ? parts.models : new ModelFolder(parts.folder.resolve("models"));
        keys = new KeyFolder(parts.folder.resolve("keys"));
        trusted = () -> keys.with(parts.keys.get());
        GuardStates guards = new GuardStates(parts.folder.resolve("guards"));
        inbox = new PolicyInbox(
                store, guards, models, audit, trusted, parts.admission, executor, parts.clock, TRIAL_ANSWERS);
        engines = new EngineSupervisor(parts.launcher, inbox, System::nanoTime, parts.mostDeaths);
        dispatcher = new Dispatcher(
                engines, deadlineMs -> parts.device.get().now(deadlineMs), inbox::note, MOST_WAITING, MOST_OF_ONE_APP);
        sessions = new ClientSessions(dispatcher, engines);
        deliveries = new Deliveries(parts.folder.resolve("incoming"), inbox, models, keys, audit);
        pieces = new Pieces(parts.folder.resolve("pieces"));
        callers = new CallerGuard(parts.permissions, audit, System::nanoTime);
        inbox.start(engines);
    }

    /** Where in the service's folder policies are kept. */
    public static Path policies(Path folder) {
        return folder.resolve("policies");
    }

    /** Who may call. */
    public CallerGuard callers() {
        return callers;
    }

    /** Clients at work. */
    public ClientSessions sessions() {
        return sessions;
    }

    /** Where policies come in. */
    public PolicyInbox inbox() {
        return inbox;
    }

    /** What is on its way in. */
    public Deliveries deliveries() {
        return deliveries;
    }

    /** What comes in piece by piece. */
    public Pieces pieces() {
        return pieces;
    }

    /** Models that were pushed. */
    public ModelFolder models() {
        return models;
    }

    /** Keys that the owner added. */
    public KeyFolder keys() {
        return keys;
    }

    /** Whose policies are followed. */
    public TrustedKeys trusted() {
        return trusted.get();
    }

    /** The engine's keeper. */
    public EngineSupervisor engines() {
        return engines;
    }

    /** What waits. */
    public Dispatcher dispatcher() {
        return dispatcher;
    }

    /** Of the app; "" where nobody says. */
    public String version() {
        return version;
    }

    /** What engines compute with; null before one told. */
    public Kernels kernels() {
        return kernels.get();
    }

    /** What was decided. */
    public AuditLog audit() {
        return audit;
    }

    /**
     * From the next input on always this rung, or, where it is negative, as the policy says; {@code who} is written
     * down.
     */
    public void pin(PolicyArchive of, int rung, String who) throws ServiceException, IOException {
        engines.pin(of, rung);
        audit.append(AuditLog.Event.OVERRIDE, "", rung < 0 ? "as the policy says" : "rung " + rung, "asked by " + who,
                Double.NaN);
    }

    /** Something was not even looked at. */
    public void refused(String what, String why) throws IOException {
        audit.append(AuditLog.Event.REFUSED, what, what, why, Double.NaN);
    }

    /** What runs, for a person and for {@code approxlite watch}. */
    public Status status() {
        inbox.retry();
        return Status.of(this, store, device.get());
    }

    /** Idempotent. */
    @Override
    public void close() throws IOException {
        sessions.close();
        dispatcher.close();
        engines.close();
        executor.shutdown();
        audit.close();
    }
}
