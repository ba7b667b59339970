package dev.approxlite.service.android;

import android.os.SharedMemory;
import android.system.ErrnoException;
import dev.approxlite.context.InputContext;
import dev.approxlite.engine.Answer;
import dev.approxlite.engine.Check;
import dev.approxlite.engine.EngineException;
import dev.approxlite.engine.GuardStatus;
import dev.approxlite.service.EngineReply;
import dev.approxlite.service.IEngine;
import dev.approxlite.service.engine.EngineHost;
import java.nio.ByteBuffer;

/** One engine in the isolated process, across binder. */
final class EngineBinder extends IEngine.Stub {
    private final EngineHost host;

    EngineBinder(EngineHost host) {
        this.host = host;
    }

    @Override
    public int[] tensorBytes() {
        return new int[] {host.engine().inputBytes(), host.engine().outputBytes()};
    }

    @Override
    public void attach(int region, SharedMemory memory) {
        try {
            ByteBuffer mapped = memory.mapReadWrite();
            memory.close(); // the mapping stays
            host.attach(region, new MappedMemory(mapped));
        } catch (ErrnoException refused) {
            // read-only, or no room: who asks for it is told that it is not attached
        }
    }

    @Override
    public void detach(int region) {
        host.detach(region);
    }

    @Override
    public void answer(
            int region, int inputOffset, int outputOffset, double timeS, float inputChange, float deadlineMs,
            float battery, int charging, float thermalHeadroom, EngineReply reply) {
        try {
            InputContext context = new InputContext(timeS, inputChange, deadlineMs, battery, charging, thermalHeadroom);
            Answer answer = host.answer(region, inputOffset, outputOffset, context);
            reply.error = 0;
            reply.rung = answer.rung();
            reply.candidate = answer.candidate();
            reply.chosen = answer.chosen();
            reply.chosenEvidence = answer.chosenEvidence();
            reply.reason = answer.reason();
            reply.evidence = answer.evidence();
            reply.latencyNs = answer.latencyNs();
            reply.rungsRun = answer.rungsRun();
            reply.checkDue = answer.checkDue();
            reply.alarm = answer.alarm();
        } catch (EngineException problem) {
            fail(reply, problem);
        }
    }

    @Override
    public void finish(EngineReply reply) {
        try {
            Check check = host.finish();
            reply.error = 0;
            if (check != null) {
                reply.checked = true;
                reply.agrees = check.agrees();
                reply.loss = check.loss();
                reply.alarm = check.alarm();
            }
        } catch (EngineException problem) {
            fail(reply, problem);
        }
    }

    @Override
    public void pin(int rung) {
        host.pin(rung);
    }

    @Override
    public void guard(EngineReply reply) {
        GuardStatus guard = host.guard();
        reply.error = 0;
        reply.alarm = guard.alarm();
        reply.answers = guard.answers();
        reply.canaries = guard.canaries();
        reply.disagreements = guard.disagreements();
        reply.disagreementShare = guard.disagreementShare();
        reply.eValue = guard.eValue();
        reply.state = guard.state();
    }

    @Override
    public void close() {
        host.close();
    }

    static void fail(EngineReply reply, EngineException problem) {
        reply.error = 1 + problem.reason().ordinal();
        reply.message = problem.getMessage();
    }

    private record MappedMemory(ByteBuffer bytes) implements EngineHost.Mapped {
        @Override
        public void close() {
            SharedMemory.unmap(bytes);
        }
    }
}
