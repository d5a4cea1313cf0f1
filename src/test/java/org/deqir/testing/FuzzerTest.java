/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.testing;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.deqir.testing.Fuzzer.Finding;
import org.deqir.testing.Fuzzer.Report;
import org.deqir.testing.Fuzzer.Target;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A fuzzer finds what is wrong with a reader, and one that does nothing is noticed. */
class FuzzerTest {

    private static final String CORPUS = "npy";
    private static final int INPUTS = 2_000;

    @TempDir Path folder;

    /** Refuses what does not begin as a file of NumPy; each place of a wrong byte is a way. */
    private static void read(byte[] file) throws IOException {
        if (file.length < 6) throw new IOException("It is too short.");
        if (file[0] != (byte) 0x93) throw new IOException("It has no magic byte.");
        if (file[1] != 'N') throw new IOException("It has no N.");
        if (file[2] != 'U') throw new IOException("It has no U.");
        if (file[3] != 'M') throw new IOException("It has no M.");
        if (file[4] != 'P') throw new IOException("It has no P.");
        if (file[5] != 'Y') throw new IOException("It has no Y.");
        if (file.length > 300) throw new IOException("It is too long.");
    }

    private Report run(long seed, Target target) throws IOException {
        return new Fuzzer(CORPUS, IOException.class, target).run(seed, 0, INPUTS, folder);
    }

    @Test
    void aReaderThatReadsAndRefusesPasses() throws IOException {
        final Report report = run(1, (file, step) -> read(file));
        FuzzRun.requireWork(report);
        assertEquals(INPUTS, report.inputs());
        assertEquals(INPUTS + Fuzzer.corpus(CORPUS).size(), report.read() + report.refused());
        assertTrue(report.ways() >= 7, report.toString());
    }

    @Test
    void aFindingIsReproducedByItsSeedAndKept() throws IOException {
        final Target faulty =
                (file, step) -> {
                    read(file);
                    if (file.length > 20 && file[20] == 0) throw new ArithmeticException("zero");
                };
        final Finding first = assertThrows(Finding.class, () -> run(7, faulty));
        final Finding again = assertThrows(Finding.class, () -> run(7, faulty));
        assertEquals(first.getMessage(), again.getMessage());
        assertTrue(first.getMessage().contains("seed 7"), first.getMessage());
        assertTrue(first.getMessage().contains("ArithmeticException: zero"), first.getMessage());
        try (Stream<Path> files = Files.list(folder)) {
            final List<Path> kept = files.toList();
            assertEquals(1, kept.size(), kept.toString());
            assertTrue(first.getMessage().contains(kept.get(0).toString()), first.getMessage());
            final byte[] input = Files.readAllBytes(kept.get(0));
            assertThrows(ArithmeticException.class, () -> faulty.read(input, () -> {}));
        }
    }

    @Test
    void memoryOutOfProportionIsAFinding() {
        final Target greedy =
                (file, step) -> {
                    read(file);
                    assertArrayEquals(new byte[0], Arrays.copyOf(new byte[8 << 20], 0));
                };
        final Finding finding = assertThrows(Finding.class, () -> run(1, greedy));
        assertTrue(finding.getMessage().contains("reserved"), finding.getMessage());
    }

    @Test
    void aMessageThatIsNoSentenceIsAFinding() {
        final Target terse =
                (file, step) -> {
                    throw new IOException("bad");
                };
        final Finding finding = assertThrows(Finding.class, () -> run(1, terse));
        assertTrue(finding.getMessage().contains("no sentence: bad"), finding.getMessage());
    }

    @Test
    void aReaderOfEverythingAndOneOfNothingAreNoticed() throws IOException {
        final Report everything = run(1, (file, step) -> {});
        assertThrows(AssertionError.class, () -> FuzzRun.requireWork(everything));
        final Report nothing =
                run(
                        1,
                        (file, step) -> {
                            throw new IOException("No.");
                        });
        assertThrows(AssertionError.class, () -> FuzzRun.requireWork(nothing));
        assertEquals(0, nothing.read());
        assertEquals(1, nothing.ways(), nothing.toString());
    }

    @Test
    void aFuzzerThatChangesNothingIsNoticed() {
        final Report idle = new Report(CORPUS, 1, INPUTS, 2, INPUTS / 2, INPUTS / 2, 9);
        assertThrows(AssertionError.class, () -> FuzzRun.requireWork(idle));
    }
}
