/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.updatesite;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ChecksumTest {

    @TempDir private Path temp;

    /** Computed with sha1sum from the path followed by the content. */
    @Test
    void coversPathAndContent() throws IOException {
        final Path file = temp.resolve("x.ijm");
        Files.writeString(file, "print(1);\n");
        assertEquals(
                "6aad45d6e1d44c43fb092c4acc123f2ff6a945a4",
                Checksum.of("macros/DeqIR/x.ijm", file));
        assertNotEquals(
                Checksum.of("macros/DeqIR/x.ijm", file), Checksum.of("macros/DeqIR/y.ijm", file));
    }

    /** Computed by Fiji's updater (imagej-updater 2.0.4-SNAPSHOT) for the jars of Maven Central. */
    @ParameterizedTest
    @CsvSource({
        "net.razorvine.pickle.Unpickler,pickle-1.5.jar,94f156dc7fac69d8c0f0103fbeb7a01e8be6c10a",
        "ai.djl.ndarray.NDArray,api-0.35.1.jar,d1edc700629361df48cc456b0933f4ead1b90f25",
        "ai.djl.pytorch.engine.PtEngine,pytorch-engine-0.35.1.jar,f6b3c116ed795cf1900312e51e8dfa1f41340428",
    })
    void agreesWithFijisUpdater(String type, String name, String checksum) throws Exception {
        final Path jar =
                Path.of(
                        Class.forName(type)
                                .getProtectionDomain()
                                .getCodeSource()
                                .getLocation()
                                .toURI());
        assumeTrue(jar.endsWith(name), "another version is in use");
        assertEquals(checksum, Checksum.of("jars/some.jar", jar));
    }

    @Test
    void doesNotDependOnHowAJarWasMade() throws IOException {
        final String one =
                checksum(
                        "META-INF/MANIFEST.MF", "Manifest-Version: 1.0\nBuilt-By: a\n",
                        "pom.properties", "#Monday\nversion=1\n",
                        "text", "x");
        final String same =
                checksum(
                        "text", "x",
                        "META-INF/MANIFEST.MF", "Manifest-Version: 1.0\nBuilt-By: b\n",
                        "pom.properties", "#Tuesday\nversion=1\n");
        final String other =
                checksum(
                        "META-INF/MANIFEST.MF", "Manifest-Version: 1.0\nBuilt-By: a\n",
                        "pom.properties", "#Monday\nversion=2\n",
                        "text", "x");
        assertEquals(one, same);
        assertNotEquals(one, other);
    }

    private String checksum(String... contents) throws IOException {
        final Path jar = Jars.write(temp.resolve("a.jar"), contents);
        assertEquals(FijiUpdater.checksum("jars/a.jar", jar), Checksum.of("jars/a.jar", jar));
        return Checksum.of("jars/a.jar", jar);
    }

    /** Results of the filter in Fiji's updater (SkipHashedLines); "|" stands for a line end. */
    @ParameterizedTest
    @CsvSource({
        "a=1|#c|b=2|, a=1||b=2|",
        "#c|#d|a=1|, ||a=1|",
        "##c|#d|a, ||a",
        "a#b|, a#b|",
        "a|#, a|",
        "#c, ''",
        "'', ''",
        "# |#y|, ||",
        "#|#d|a=1|, |#d|a=1|",
        "##|#d|, |#d|",
        "|#c|a=1|, |#c|a=1|",
        "a=1||#c|b|, a=1||#c|b|",
        "||#x|#y|z|, ||||z|",
        "#||#y|#z|q, ||||q",
    })
    void leavesOutCommentsAsFijisUpdaterDoes(String properties, String kept) {
        final byte[] bytes = properties.replace('|', '\n').getBytes(StandardCharsets.US_ASCII);
        assertEquals(
                kept,
                new String(Checksum.withoutComments(bytes), StandardCharsets.US_ASCII)
                        .replace('\n', '|'));
    }
}
