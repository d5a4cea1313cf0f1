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
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.xml.parsers.SAXParserFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xml.sax.InputSource;
import org.xml.sax.SAXParseException;
import org.xml.sax.helpers.DefaultHandler;

class IndexTest {

    @TempDir private Path temp;

    static final Index EXAMPLE =
            new Index(
                    List.of(
                            new Component(
                                    "macros/B & C.ijm",
                                    List.of(),
                                    List.of(),
                                    Optional.empty(),
                                    List.of(
                                            new Component.Previous(
                                                    "macros/B & C.ijm",
                                                    20250102030405L,
                                                    20260102030405L,
                                                    "cd"))),
                            new Component(
                                    "jars/a-1.2.0.jar",
                                    List.of("linux64", "win64"),
                                    List.of("Restoration"),
                                    Optional.of(
                                            new Component.Version(
                                                    "ab",
                                                    20260102030406L,
                                                    1234567890123L,
                                                    "<b>\"ä\" & 'µ'",
                                                    List.of(
                                                            new Component.Dependency(
                                                                    "jars/gson.jar",
                                                                    Optional.empty()),
                                                            new Component.Dependency(
                                                                    "jars/c.jar",
                                                                    Optional.of(20260102030406L))),
                                                    List.of("https://example.org/?x=1&y=2"),
                                                    List.of("Ä. Author", "B. Author"))),
                                    List.of(
                                            new Component.Previous(
                                                    "jars/a-1.1.0.jar",
                                                    20250102030405L,
                                                    20260102030406L,
                                                    "ef")))));

    @Test
    void comesBackAsWritten() throws IOException {
        EXAMPLE.writeCompressed(temp.resolve("db.xml.gz"));
        assertEquals(EXAMPLE, Index.read(temp.resolve("db.xml.gz")));
        Files.writeString(temp.resolve("db.xml"), EXAMPLE.toXml());
        assertEquals(EXAMPLE, Index.read(temp.resolve("db.xml")));
        assertEquals(20260102030406L, EXAMPLE.latestTimestamp());
        assertEquals("jars/a-1.2.0.jar", EXAMPLE.components().get(0).filename());
    }

    @Test
    void hasTheStructureThatItDeclares() throws Exception {
        assertEquals(List.of(), violations(EXAMPLE.toXml()));
        assertEquals(List.of(), violations(Index.EMPTY.toXml()));
    }

    @Test
    void hasTheStructureOfFijisUpdater() throws Exception {
        final String structure = Files.readString(Path.of("src/test/resources/fiji-index.dtd"));
        final String xml = EXAMPLE.toXml();
        final String other =
                "<!DOCTYPE pluginRecords ["
                        + structure
                        + "]>"
                        + xml.substring(xml.indexOf("<pluginRecords>"));
        assertEquals(List.of(), violations(other));
        assertTrue(
                violations(other.replaceFirst("<link>", "<author>x</author><link>")).size() > 0,
                "the order of elements counts");
    }

    private static List<String> violations(String xml) throws Exception {
        final SAXParserFactory factory = SAXParserFactory.newInstance();
        factory.setValidating(true);
        final List<String> violations = new ArrayList<>();
        factory.newSAXParser()
                .parse(
                        new InputSource(new StringReader(xml)),
                        new DefaultHandler() {
                            @Override
                            public void error(SAXParseException e) {
                                violations.add(e.getMessage());
                            }
                        });
        return violations;
    }

    @Test
    void refusesTwoVersionsOfOneFile() {
        final Component one =
                new Component(
                        "jars/a-1.0.0.jar", List.of(), List.of(), Optional.empty(), List.of());
        final Component other =
                new Component(
                        "jars/a-2.0.0.jar", List.of(), List.of(), Optional.empty(), List.of());
        final IllegalArgumentException e =
                assertThrows(IllegalArgumentException.class, () -> new Index(List.of(one, other)));
        assertTrue(e.getMessage().contains("jars/a-1.0.0.jar and jars/a-2.0.0.jar"));
    }

    @Test
    void namesAFileThatIsNoIndex() throws IOException {
        final Path file = Files.writeString(temp.resolve("released.xml"), "nothing");
        final IOException e = assertThrows(IOException.class, () -> Index.read(file));
        assertTrue(e.getMessage().startsWith(file + " is no index"), e.getMessage());
    }
}
