package dev.approxlite.service.android;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import android.content.ComponentName;
import android.content.Context;
import android.content.ContextWrapper;
import android.content.Intent;
import android.content.ServiceConnection;
import android.os.Build;
import android.os.DeadObjectException;
import android.os.ParcelFileDescriptor;
import android.os.RemoteException;
import android.os.SharedMemory;
import dev.approxlite.context.InputContext;
import dev.approxlite.engine.Answer;
import dev.approxlite.engine.Check;
import dev.approxlite.engine.EngineException;
import dev.approxlite.engine.EngineException.Reason;
import dev.approxlite.engine.GuardStatus;
import dev.approxlite.policy.Policy;
import dev.approxlite.policy.PolicyArchive;
import dev.approxlite.policy.PolicyException;
import dev.approxlite.policy.Signer;
import dev.approxlite.service.EngineReply;
import dev.approxlite.service.IEngine;
import dev.approxlite.service.IEngineHost;
import dev.approxlite.service.ServiceCore;
import dev.approxlite.service.engine.EngineProcess;
import dev.approxlite.service.engine.EngineSupervisor;
import dev.approxlite.service.engine.Watchdog;
import dev.approxlite.service.policy.ModelFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import org.junit.After;
import org.junit.Before;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.robolectric.RobolectricTestRunner;
import org.robolectric.RuntimeEnvironment;
import org.robolectric.annotation.Config;
import org.robolectric.util.ReflectionHelpers;

/** Every engine has a process of its own, whose death is one death, and which unbinding ends even where it hangs. */
@RunWith(RobolectricTestRunner.class)
@Config(manifest = Config.NONE, sdk = 34)
public class EngineBindingTest {
    /** A process as the system has them: it dies when nothing is bound to it. */
    private final class Process extends IEngineHost.Stub {
        final String where;
        final CountDownLatch dead = new CountDownLatch(1);
        volatile boolean hangs;
        volatile RuntimeException bug;
        /** As where it threw what binder does not carry. */
        volatile boolean mute;
        /** Whether its death, if it is dead, has been told to the binder. */
        volatile boolean isToldOf;

        Process(String where) {
            this.where = where;
        }

        boolean isDead() {
            return dead.getCount() == 0;
        }

        /** What a call across binder to it comes to. */
        void call() throws RemoteException {
            if (hangs) {
                try {
                    dead.await();
                } catch (InterruptedException asked) {
                    throw new AssertionError(asked);
                }
            }
            if (isDead()) {
                throw new DeadObjectException();
            } else if (bug != null) {
                throw bug;
            }
        }

        @Override
        public boolean isBinderAlive() {
            return !isDead() || !isToldOf;
        }

        @Override
        public int numericsVersion() {
            return numericsVersion;
        }

        @Override
        public String kernelVariant() {
            return "test";
        }

        @Override
        public IEngine open(ParcelFileDescriptor policy, ParcelFileDescriptor[] models, byte[] guard, EngineReply reply)
                throws RemoteException {
            call();
            return new OneEngine(this);
        }
    }

    private static final class OneEngine extends IEngine.Stub {
        private final Process process;

        OneEngine(Process process) {
            this.process = process;
        }

        @Override
        public int[] tensorBytes() throws RemoteException {
            process.call();
            return new int[] {16, 16};
        }

        @Override
        public void attach(int region, SharedMemory memory) throws RemoteException {
            process.call();
        }

        @Override
        public void detach(int region) throws RemoteException {
            process.call();
        }

        @Override
        public void answer(int region, int in, int out, double time, float change, float deadline, float battery,
                int charging, float headroom, EngineReply reply) throws RemoteException {
            process.call();
            if (!process.mute) {
                reply.error = 0;
                reply.rung = 1;
                reply.alarm = 2;
            }
        }

        @Override
        public void finish(EngineReply reply) throws RemoteException {
            process.call();
            reply.error = 0;
        }

        @Override
        public void pin(int rung) throws RemoteException {
            process.call();
        }

        @Override
        public void guard(EngineReply reply) throws RemoteException {
            process.call();
            reply.error = 0;
        }

        @Override
        public void close() {}
    }

    /** Starts a process for every binding. */
    private class System extends ContextWrapper {
        System(Context base) {
            super(base);
        }

        @Override
        public boolean bindService(Intent service, ServiceConnection connection, int flags) {
            return bound(service.getComponent().getClassName(), connection);
        }

        @Override
        public boolean bindIsolatedService(Intent service, int flags, String name, Executor executor,
                ServiceConnection connection) {
            return bound(service.getComponent().getClassName() + " " + name, connection);
        }

        private boolean bound(String where, ServiceConnection connection) {
            connections.add(connection);
            Process process = new Process(where);
            process.hangs = nextHangs;
            processes.add(process);
            if (nextIsNull) {
                connection.onNullBinding(NAME);
            } else {
                connection.onServiceConnected(NAME, process);
            }
            return true;
        }

        @Override
        public void unbindService(ServiceConnection connection) {
            int which = connections.indexOf(connection);
            assertFalse("unbound twice", unbound.contains(which));
            unbound.add(which);
            processes.get(which).dead.countDown();
        }
    }

    private static final ComponentName NAME = new ComponentName("dev.approxlite.service", "EngineService");

    private final List<ServiceConnection> connections = new ArrayList<>();
    private final List<Process> processes = new ArrayList<>();
    private final List<Integer> unbound = new ArrayList<>();
    private volatile boolean nextHangs;
    private volatile boolean nextIsNull;
    private volatile int numericsVersion = 3;
    private final int sdk = Build.VERSION.SDK_INT;
    private PolicyArchive policy;
    private EngineBinding binding;

    @Before
    public void bind() throws Exception {
        Context app = new System(RuntimeEnvironment.getApplication());
        ModelFolder models = new ModelFolder(app.getFilesDir().toPath().resolve("models"));
        policy = PolicyArchive.read(new Signer().policy(1));
        for (Policy.ModelReference each : policy.policy().models()) {
            Files.write(models.file(each.sha256()), new byte[1]);
        }
        binding = new EngineBinding(app, models, new Watchdog(1000, 1)); // a second is a millisecond
    }

    @After
    public void restoreTheVersion() {
        ReflectionHelpers.setStaticField(Build.VERSION.class, "SDK_INT", sdk);
    }

    private Answer answered(EngineProcess engine) throws EngineException {
        return engine.answer(1, 0, 64, InputContext.UNKNOWN);
    }

    @Test
    public void anEngineHasAProcessOfItsOwnThatEndsWithIt() throws Exception {
        EngineProcess first = binding.launch(policy, null);
        EngineProcess second = binding.launch(policy, null);
        assertEquals(3, binding.knownKernels().numericsVersion());
        assertEquals("an alarm comes with its answer", 2, answered(first).alarm());
        first.close();
        first.close();
        assertTrue(processes.get(0).isDead());
        assertEquals(Reason.DIED, assertThrows(EngineException.class, () -> answered(first)).reason());
        assertEquals(1, answered(second).rung());
        second.close();
        assertEquals(List.of(0, 1), unbound);
    }

    @Test
    public void aDeathIsOneDeathHoweverLateTheSystemTellsOfIt() throws Exception {
        List<Integer> deaths = new ArrayList<>();
        EngineSupervisor engines = new EngineSupervisor(binding, new Deaths(deaths), () -> 1, 5);
        engines.follow(policy, () -> null);
        EngineProcess dies = engines.engine();
        processes.get(0).dead.countDown();
        EngineException problem = assertThrows(EngineException.class, () -> answered(dies));
        engines.failed(dies, problem);
        engines.failed(dies, problem); // as another thread has it
        answered(engines.engine()); // at once, from another process
        connections.get(0).onServiceDisconnected(NAME); // now the system tells
        connections.get(0).onBindingDied(NAME);
        answered(engines.engine());
        assertEquals(List.of(1), deaths);
        assertEquals(2, processes.size());
        assertEquals("nothing is bound to the dead one", List.of(0), unbound);
        engines.close();
    }

    @Test
    public void anEngineThatDiedWhileNothingWasAskedIsReplacedBeforeItIsAsked() throws Exception {
        List<Integer> deaths = new ArrayList<>();
        EngineSupervisor engines = new EngineSupervisor(binding, new Deaths(deaths), () -> 1, 5);
        engines.follow(policy, () -> null);
        engines.engine();
        processes.get(0).dead.countDown();
        connections.get(0).onServiceDisconnected(NAME);
        answered(engines.engine());
        processes.get(1).dead.countDown();
        processes.get(1).isToldOf = true; // the main thread is not yet
        answered(engines.engine());
        assertEquals(List.of(1, 2), deaths);
        assertEquals(List.of(0, 1), unbound);
        engines.close();
    }

    @Test
    public void anEngineThatHangsIsEndedAndWhateverWaitedForItGoesOn() throws Exception {
        List<Integer> deaths = new ArrayList<>();
        EngineSupervisor engines = new EngineSupervisor(binding, new Deaths(deaths), () -> 1, 5);
        engines.follow(policy, () -> null);
        EngineProcess hangs = engines.engine();
        processes.get(0).hangs = true;
        EngineException problem = assertThrows(EngineException.class, () -> answered(hangs));
        assertEquals(Reason.DIED, problem.reason());
        assertTrue(problem.getMessage(), problem.getMessage().contains("did not answer within"));
        assertEquals(List.of(0), unbound);
        engines.failed(hangs, problem);
        engines.follow(policy, () -> null);
        answered(engines.engine());
        engines.close();
    }

    @Test
    public void aCandidateThatHangsIsEndedApartFromWhatServesClients() throws Exception {
        EngineProcess running = binding.launch(policy, null);
        nextHangs = true;
        try (IsolatedProcess trial = binding.startTrial()) {
            ModelFolder models = new ModelFolder(RuntimeEnvironment.getApplication().getFilesDir().toPath().resolve(
                    "models"));
            EngineException problem = assertThrows(EngineException.class, () -> trial.open(policy, models, null));
            assertEquals(Reason.DIED, problem.reason());
        }
        assertEquals(List.of(1), unbound);
        assertEquals(EngineService.class.getName() + " trial", processes.get(1).where);
        answered(running);
        nextHangs = false;
        ReflectionHelpers.setStaticField(Build.VERSION.class, "SDK_INT", 28);
        binding.startTrial().close();
        assertEquals(TrialService.class.getName(), processes.get(2).where);
        assertTrue(processes.get(2).isDead());
        answered(running);
        running.close();
    }

    @Test
    public void aTrialThatDoesNotStartSaysNothingOfThePolicyWhichIsTriedWhenItComesAgain() throws Exception {
        Signer signer = new Signer();
        PhoneOwner.trusts(RuntimeEnvironment.getApplication(), signer);
        Context app = new System(RuntimeEnvironment.getApplication()) {
            @Override
            public Context getApplicationContext() {
                return this;
            }
        };
        ServiceCore core = ServiceHolder.of(app).core();
        try {
            byte[] content = signer.policy(1);
            nextIsNull = true;
            assertThrows(IOException.class, () -> core.inbox().receive(content, "a test"));
            nextIsNull = false;
            assertThrows(PolicyException.class, () -> core.inbox().receive(content, "a test")); // of other numerics
            numericsVersion = 1;
            assertEquals(1, core.inbox().receive(content, "a test"));
        } finally {
            ServiceHolder.end();
        }
    }

    @Test
    public void aBindingThatGivesNothingIsAnErrorAtOnce() throws Exception {
        nextIsNull = true;
        long begin = java.lang.System.nanoTime();
        EngineException problem = assertThrows(EngineException.class, () -> binding.launch(policy, null));
        assertEquals(Reason.DIED, problem.reason());
        assertTrue(java.lang.System.nanoTime() - begin < 1_000_000_000L * IsolatedProcess.CONNECT_S);
        assertEquals(List.of(0), unbound);
    }

    @Test
    public void whatTheOtherSideThrowsIsATypedError() throws Exception {
        EngineProcess engine = binding.launch(policy, null);
        RuntimeException bug = new IllegalStateException("a test");
        processes.get(0).bug = bug;
        EngineException problem = assertThrows(EngineException.class, () -> answered(engine));
        assertEquals(Reason.CANNOT_RUN, problem.reason());
        processes.get(0).bug = null;
        processes.get(0).mute = true;
        assertEquals(Reason.CANNOT_RUN, assertThrows(EngineException.class, () -> answered(engine)).reason());
        processes.get(0).mute = false;
        assertEquals(1, answered(engine).rung());
        assertEquals(List.of(), unbound);
        engine.close();
    }

    private static final class Deaths implements EngineSupervisor.Listener {
        private final List<Integer> deaths;

        Deaths(List<Integer> deaths) {
            this.deaths = deaths;
        }

        @Override
        public void answered(PolicyArchive policy, Answer answer, Check check) {}

        @Override
        public void guarded(PolicyArchive policy, GuardStatus guard) {}

        @Override
        public void died(PolicyArchive policy, int count) {
            deaths.add(count);
        }

        @Override
        public void notStarted(PolicyArchive policy, EngineException why, int times) {
            throw new AssertionError(why);
        }
    }
}
