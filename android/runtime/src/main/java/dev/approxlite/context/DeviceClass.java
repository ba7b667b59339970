package dev.approxlite.context;

import android.os.Build;
import dev.approxlite.policy.Sha256;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Which phones count as alike: what a policy may be tied to. The desk computes the same over adb. */
public final class DeviceClass {
    private static final Path PROCESSORS = Paths.get("/proc/cpuinfo");
    private static final Pattern FIELD = Pattern.compile("\\s*(\\S.*?)\\s*[:=]\\s*(.*?)\\s*");
    private static final int DIGITS = 16;

    private DeviceClass() {}

    /** Of this phone. Without /proc/cpuinfo no instruction set is known, so it is alike to no phone that shows one. */
    public static String here() {
        String processors = "";
        try {
            processors = new String(Files.readAllBytes(PROCESSORS), StandardCharsets.UTF_8);
        } catch (IOException hidden) {
            // as said
        }
        return of(Build.HARDWARE, Build.BOARD, Arrays.asList(Build.SUPPORTED_ABIS), Build.FINGERPRINT, processors);
    }

    /**
     * 16 hexadecimal digits; equal for equal hardware and system build.
     *
     * @param hardware {@code Build.HARDWARE}; this and the others "unknown" where it is not set
     * @param board {@code Build.BOARD}
     * @param abis {@code Build.SUPPORTED_ABIS}
     * @param build {@code Build.FINGERPRINT}
     * @param processors content of /proc/cpuinfo
     */
    public static String of(String hardware, String board, List<String> abis, String build, String processors) {
        StringBuilder identity = new StringBuilder();
        for (String line : new String[] {hardware, board, String.join(",", abis), build}) {
            identity.append(line.equals(Build.UNKNOWN) ? "" : line).append('\n');
        }
        identity.append(String.join(" ", features(processors)));
        return Sha256.of(identity.toString().getBytes(StandardCharsets.UTF_8)).substring(0, DIGITS);
    }

    /** Instruction sets that every core has. */
    private static TreeSet<String> features(String processors) {
        TreeSet<String> common = null;
        for (String line : processors.split("[\r\n]+")) {
            Matcher field = FIELD.matcher(line);
            if (field.matches() && field.group(1).toLowerCase(Locale.ROOT).matches("features|flags")) {
                List<String> own = Arrays.asList(field.group(2).split("\\s+"));
                if (common == null) {
                    common = new TreeSet<>(own);
                } else {
                    common.retainAll(own);
                }
            }
        }
        if (common == null) {
            return new TreeSet<>();
        }
        common.remove("");
        return common;
    }
}
