/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.testing;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import org.deqir.testing.Fuzzer.Report;

/**
 * A run of a {@link Fuzzer} in a test.
 *
 * <p>System properties: {@code deqir.fuzz.seconds} for each reader, by default so many that all
 * readers together take half a minute, and {@code deqir.fuzz.seed}. What was learnt and findings go
 * to {@code target/fuzz/READER}.
 */
public final class FuzzRun {

    private static final String SECONDS = "4";
    private static final Path FOLDER = Path.of("target", "fuzz");

    /** A reader makes so many a second even on a busy machine. */
    private static final int LEAST_INPUTS = 300;

    private static final int LEAST_WAYS = 5;

    private FuzzRun() {}

    /**
     * Runs a fuzzer for the time that is set, and prints how many inputs it made.
     *
     * @throws Fuzzer.Finding if an input is answered in a way that it must not
     * @throws AssertionError if too few different inputs were made, or not both some of them read
     *     and many refused, in several ways: the fuzzer does not do its work
     */
    public static void of(Fuzzer fuzzer, String reader) throws IOException {
        final Report report =
                fuzzer.run(
                        Long.getLong("deqir.fuzz.seed", 1),
                        Double.parseDouble(System.getProperty("deqir.fuzz.seconds", SECONDS)),
                        LEAST_INPUTS,
                        FOLDER.resolve(reader));
        System.out.println(report);
        requireWork(report);
    }

    static void requireWork(Report report) {
        assertTrue(report.inputs() >= LEAST_INPUTS, report::toString);
        assertTrue(
                report.distinct() >= LEAST_INPUTS / 2,
                () -> report.distinct() + " different inputs only; " + report);
        assertTrue(report.read() > 0, () -> "None was read; " + report);
        assertTrue(report.refused() > report.inputs() / 10, () -> "Few were refused; " + report);
        assertTrue(report.ways() >= LEAST_WAYS, () -> "Refused in few ways; " + report);
    }
}
