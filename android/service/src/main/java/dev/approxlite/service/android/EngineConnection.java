package dev.approxlite.service.android;

import android.os.DeadObjectException;
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

    private final IEngine engine;
    private final Runnable ended;
    private final int[] tensorBytes;

    /** ended: run when this side is closed. */
    EngineConnection(IEngine engine, Runnable ended) throws RemoteException {
        this.engine = engine;
        this.ended = ended;
        tensorBytes = engine.tensorBytes();
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
        ask(reply -> engine.attach(id, ((SharedRegion) region).memory));
    }

    @Override
    public void detach(int id) throws EngineException {
        ask(reply -> engine.detach(id));
    }

    @Override
    public Answer answer(int region, int inputOffset, int outputOffset, InputContext context) throws EngineException {
        EngineReply reply = ask(to -> engine.answer(
                region, inputOffset, outputOffset, context.timeS(), context.inputChange(), context.deadlineMs(),
                context.battery(), context.charging(), context.thermalHeadroom(), to));
        return new Answer(
                reply.rung, reply.candidate, reply.chosen, reply.chosenEvidence, reply.reason, reply.evidence,
                reply.latencyNs, reply.checkDue);
    }

    @Override
    public Check finish() throws EngineException {
        EngineReply reply = ask(engine::finish);
        return reply.checked ? new Check(reply.agrees, reply.loss, reply.alarm) : null;
    }

    @Override
    public void pin(int rung) throws EngineException {
        ask(reply -> engine.pin(rung));
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
    public void close() {
        try {
            engine.close();
        } catch (RemoteException dead) {
            // nothing is left to close
        }
        ended.run();
    }

    private static EngineReply ask(Call call) throws EngineException {
        EngineReply reply = new EngineReply();
        try {
            call.run(reply);
        } catch (DeadObjectException dead) {
            throw new EngineException(Reason.DIED, "the engine's process died");
        } catch (RemoteException problem) {
            throw new EngineException(Reason.DIED, "the engine's process does not answer: " + problem.getMessage());
        }
        throwIfFailed(reply);
        return reply;
    }

    static void throwIfFailed(EngineReply reply) throws EngineException {
        Reason[] reasons = Reason.values();
        if (reply.error != 0) {
            Reason reason = reply.error > 0 && reply.error <= reasons.length ? reasons[reply.error - 1]
                    : Reason.CANNOT_RUN;
            throw new EngineException(reason, String.valueOf(reply.message));
        }
    }
}
