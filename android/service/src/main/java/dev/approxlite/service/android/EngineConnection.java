package dev.approxlite.service.android;

import android.os.RemoteException;
import dev.approxlite.context.InputContext;
import dev.approxlite.engine.Answer;
import dev.approxlite.engine.Check;
import dev.approxlite.engine.EngineException;
import dev.approxlite.engine.EngineException.Reason;
import dev.approxlite.engine.GuardStatus;
import dev.approxlite.service.EngineReply;
import dev.approxlite.service.IEngine;
import dev.approxlite.service.engine.EngineProcess;
import dev.approxlite.service.engine.Region;

/** The service's side of an engine in the isolated process. */
final class EngineConnection implements EngineProcess {
    /** A call across binder. */
    private interface Call {
        void run(EngineReply reply) throws RemoteException;
    }

    private interface Order {
        void run() throws RemoteException;
    }

    private static final int NO_REPLY = -1;

    private final IEngine engine;
    private final IsolatedProcess process;
    private final int[] tensorBytes;

    /** Closing it ends the process. */
    EngineConnection(IEngine engine, IsolatedProcess process) throws EngineException {
        this.engine = engine;
        this.process = process;
        tensorBytes = process.call(IsolatedProcess.CALL_S, engine::tensorBytes);
    }

    @Override
    public int inputBytes() {
        return tensorBytes[0];
    }

    @Override
    public int outputBytes() {
        return tensorBytes[1];
    }

    @Override
    public void attach(int id, Region region) throws EngineException {
        tell(() -> engine.attach(id, ((SharedRegion) region).memory));
    }

    @Override
    public void detach(int id) throws EngineException {
        tell(() -> engine.detach(id));
    }

    @Override
    public Answer answer(int region, int inputOffset, int outputOffset, InputContext context) throws EngineException {
        EngineReply reply = ask(to -> engine.answer(
                region, inputOffset, outputOffset, context.timeS(), context.inputChange(), context.deadlineMs(),
                context.battery(), context.charging(), context.thermalHeadroom(), to));
        return new Answer(
                reply.rung, reply.candidate, reply.chosen, reply.chosenEvidence, reply.reason, reply.evidence,
                reply.latencyNs, reply.rungsRun, reply.checkDue, reply.alarm);
    }

    @Override
    public Check finish() throws EngineException {
        EngineReply reply = ask(engine::finish);
        return reply.checked ? new Check(reply.agrees, reply.loss, reply.alarm) : null;
    }

    @Override
    public void pin(int rung) throws EngineException {
        tell(() -> engine.pin(rung));
    }

    @Override
    public GuardStatus guard() throws EngineException {
        EngineReply reply = ask(engine::guard);
        byte[] state = reply.state == null ? new byte[0] : reply.state;
        return new GuardStatus(
                reply.alarm, reply.answers, reply.canaries, reply.disagreements, reply.disagreementShare, reply.eValue,
                state);
    }

    @Override
    public boolean isAlive() {
        return process.isAlive();
    }

    @Override
    public void close() {
        try {
            engine.close(); // one-way: it does not wait for an engine that hangs
        } catch (RemoteException dead) {
            // nothing is left to close
        }
        process.close();
    }

    private void tell(Order order) throws EngineException {
        process.call(IsolatedProcess.CALL_S, () -> {
            order.run();
            return null;
        });
    }

    private EngineReply ask(Call call) throws EngineException {
        EngineReply reply = new EngineReply();
        reply.error = NO_REPLY; // stays so where the other side threw what binder does not carry
        process.call(IsolatedProcess.CALL_S, () -> {
            call.run(reply);
            return reply;
        });
        throwIfFailed(reply);
        return reply;
    }

    static void throwIfFailed(EngineReply reply) throws EngineException {
        if (reply.error == NO_REPLY) {
            throw new EngineException(Reason.CANNOT_RUN, "the engine's process gave no reply");
        }
        Reason[] reasons = Reason.values();
        if (reply.error != 0) {
            Reason reason = reply.error > 0 && reply.error <= reasons.length ? reasons[reply.error - 1]
                    : Reason.CANNOT_RUN;
            throw new EngineException(reason, String.valueOf(reply.message));
        }
    }
}
