package dev.approxlite.testing;

import java.io.File;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.Set;
import org.codehaus.mojo.animal_sniffer.SignatureChecker;
import org.codehaus.mojo.animal_sniffer.logging.PrintWriterLogger;

/**
 * Refuses byte code that calls what the oldest Android lacks, unless {@link dev.approxlite.context.NewerApi} is on it.
 */
public final class ApiCheck {
    private ApiCheck() {}

    /** Arguments: a file of signatures and a folder of classes. */
    public static void main(String[] arguments) throws Exception {
        // D8 puts these into the APK where Android has them not; TFLite and Gson come with it. SharedMemory came with
        // 8.1, the oldest Android that we run on; signatures of that one are not to be had.
        Set<String> brought = Set.of(
                "dev.approxlite.*", "android.os.SharedMemory", "com.google.gson.*", "org.tensorflow.*",
                        "java.util.Map", "java.util.List",
                "java.util.Set", "java.lang.Record", "java.lang.runtime.ObjectMethods", "java.lang.String",
                "java.util.Objects", "java.lang.invoke.StringConcatFactory");
        try (InputStream signatures = Files.newInputStream(Paths.get(arguments[0]))) {
            SignatureChecker checker = new SignatureChecker(signatures, brought, new PrintWriterLogger(System.err));
            checker.setSourcePath(new ArrayList<>());
            checker.setAnnotationTypes(Set.of("dev.approxlite.context.NewerApi"));
            checker.process(new File(arguments[1]));
            System.exit(checker.isSignatureBroken() ? 1 : 0);
        }
    }
}
