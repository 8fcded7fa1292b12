package io.virtdataplane.e2e;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;

/**
 * Makes network namespaces and so needs root; {@code bin/test} runs these through sudo where it
 * must.
 */
@Tag("root")
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@interface RootTest {}
