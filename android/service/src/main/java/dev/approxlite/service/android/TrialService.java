package dev.approxlite.service.android;

/** {@link EngineService} in another process, for a policy that is tried, where Android has no instances of services. */
public final class TrialService extends EngineService {}
