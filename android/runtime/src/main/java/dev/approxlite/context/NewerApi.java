package dev.approxlite.context;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** Calls what an older Android lacks, after it asked which one this is; the API check lets it. */
@Retention(RetentionPolicy.CLASS)
@Target({ElementType.METHOD, ElementType.TYPE})
public @interface NewerApi {
    /** The API level asked for. */
    int value();
}
