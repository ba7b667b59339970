package dev.approxlite.service.android;

import android.os.RemoteException;
import dev.approxlite.engine.Answer;
import dev.approxlite.service.IReplies;
import dev.approxlite.service.queue.Reply;
import dev.approxlite.service.queue.ServiceException;

/** Outcomes on their way to a client; one that is dead is told nothing, and its death link closes its session. */
final class Answers implements Reply {
    final IReplies replies;

    Answers(IReplies replies) {
        this.replies = replies;
    }

    @Override
    public void answered(long sequence, Answer answer) {
        try {
            replies.answered(
                    sequence, answer.rung(), answer.candidate(), answer.chosen(), answer.chosenEvidence(),
                    answer.reason(), answer.evidence(), answer.latencyNs(), answer.rungsRun());
        } catch (RemoteException dead) {
            // see above
        }
    }

    @Override
    public void failed(long sequence, ServiceException.Reason reason, String message) {
        try {
            replies.failed(sequence, reason.code(), message);
        } catch (RemoteException dead) {
            // see above
        }
    }
}
