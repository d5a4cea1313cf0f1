/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.updatesite;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SiteDescriptionTest {

    @TempDir private Path temp;

    private SiteDescription read(String yaml) throws IOException {
        return SiteDescription.read(Files.writeString(temp.resolve("site.yaml"), yaml));
    }

    @Test
    void ourSiteShipsPyTorchForFourPlatformsAndNothingOfFiji() throws IOException {
        final SiteDescription site = SiteDescription.read(Path.of("update-site", "site.yaml"));
        assertEquals(
                List.of("linux64", "linux-arm64", "macos-arm64", "win64"),
                site.items().stream().flatMap(item -> item.platforms().stream()).toList());
        for (SiteDescription.Item item : site.items())
            assertTrue(!site.fiji().contains(item.artifact()), item.toString());
        for (SiteDescription.Item item : site.items())
            assertTrue(!item.authors().isEmpty() && !item.links().isEmpty(), item.toString());
    }

    @Test
    void authorsAndLinksHoldForAllFilesThatHaveNoneOfTheirOwn() throws IOException {
        final List<SiteDescription.Item> items =
                read("""
                                authors: [A, B]
                                files:
                                  - {artifact: "g:a", path: x, description: d, authors: [C]}
                                  - {folder: f, path: y, description: e}
                                """)
                        .items();
        assertEquals(List.of("C"), items.get(0).authors());
        assertEquals(List.of("A", "B"), items.get(1).authors());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "files: 3 | the file needs a list 'files'",
                "just text | must consist of 'key: value'",
                "{files: [], file: []} | unknown key 'file'",
                "files: [{path: x, description: d}] | entry 1 of files needs either",
                "files: [{artifact: a, folder: b, path: x, description: d}] | needs either",
                "files: [{artifact: a, description: d}] | entry 1 of files needs 'path'",
                "files: [{artifact: a, path: x}] | entry 1 of files needs 'description'",
                "files: [{artifact: a, path: 3, description: d}] | must be a text",
                "files: [{artifact: a, path: x, description: d, authors: me}] | list of texts",
                "files: [{folder: a, path: x, description: d, platforms: [mac]}] | 'mac'; Fiji knows linux-arm64,",
                "'{' | site.yaml: ",
            })
    void saysWhatIsWrong(String yaml, String message) {
        final IOException e = assertThrows(IOException.class, () -> read(yaml));
        assertTrue(e.getMessage().contains(message), e.getMessage());
    }
}
