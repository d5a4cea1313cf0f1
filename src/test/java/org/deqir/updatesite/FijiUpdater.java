/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.updatesite;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import javax.xml.parsers.SAXParserFactory;
import org.scijava.util.FileUtils;
import org.xml.sax.Attributes;
import org.xml.sax.SAXException;
import org.xml.sax.helpers.DefaultHandler;

/**
 * A model of Fiji's updater, for the tests of what we write: made from the rules by which the
 * updater reads a site, and sharing no code with our writer.
 *
 * <p>It keeps to the behavior of the updater's {@code update} command: new files of the platform
 * are installed, known versions are replaced, obsolete ones removed; what the user changed stays.
 */
final class FijiUpdater {

    /** Folders in which the updater looks for files, with the endings that it takes there. */
    private static final Map<String, Set<String>> WATCHED =
            Map.of(
                    "jars", Set.of(".jar", ".class"),
                    "plugins", Set.of(".jar", ".class", ".txt", ".ijm", ".py", ".js", ".groovy"),
                    "scripts", Set.of(".ijm", ".py", ".js", ".groovy"),
                    "macros", Set.of(".txt", ".ijm", ".png"),
                    "models", Set.of(""),
                    "lib", Set.of(""),
                    "licenses", Set.of(""));

    private final Path root;
    private final String platform;
    private long lastSeen;

    /** Paths that one run changed. */
    record Changes(Set<String> installed, Set<String> updated, Set<String> removed) {}

    private static final class Entry {
        private String filename;
        private final List<String> platforms = new ArrayList<>();
        private String checksum;
        private long timestamp;
        private long size;
        private final Set<String> previous = new HashSet<>();

        boolean isFor(String platform) {
            return platforms.isEmpty()
                    || platforms.contains(platform)
                    || platforms.stream()
                            .filter(p -> p.endsWith("x"))
                            .anyMatch(p -> platform.startsWith(p.substring(0, p.length() - 1)));
        }
    }

    FijiUpdater(Path root, String platform) {
        this.root = root;
        this.platform = platform;
    }

    /**
     * Brings the folder to the state of a site.
     *
     * @throws IOException if a download is not what the index says; then nothing was changed
     */
    Changes update(URI site) throws IOException {
        final Changes changes = new Changes(new TreeSet<>(), new TreeSet<>(), new TreeSet<>());
        final Map<String, Path> local = localFiles();
        final Path staging = root.resolve("update");
        long newest = lastSeen;
        for (Entry entry : read(site)) {
            newest = Math.max(newest, entry.timestamp);
            if (!entry.isFor(platform)) continue;
            final Path file = local.get(FileUtils.stripFilenameVersion(entry.filename));
            if (file == null) {
                // What the user saw and did not take is not offered again.
                if (entry.checksum == null || entry.timestamp <= lastSeen) continue;
                download(site, entry, staging);
                changes.installed.add(entry.filename);
                continue;
            }
            final String path = path(file);
            final String checksum = checksum(path, file);
            if (checksum.equals(entry.checksum) || !entry.previous.contains(checksum)) continue;
            if (entry.checksum == null) {
                createEmpty(staging.resolve(path));
                changes.removed.add(path);
            } else {
                download(site, entry, staging);
                if (!path.equals(entry.filename)) createEmpty(staging.resolve(path));
                changes.updated.add(entry.filename);
            }
        }
        applyUpdate(staging);
        lastSeen = newest;
        return changes;
    }

    private Map<String, Path> localFiles() throws IOException {
        final Map<String, Path> files = new HashMap<>();
        for (Map.Entry<String, Set<String>> watched : WATCHED.entrySet()) {
            final Path folder = root.resolve(watched.getKey());
            if (!Files.exists(folder)) continue;
            try (Stream<Path> walk = Files.walk(folder)) {
                for (Path file : walk.filter(Files::isRegularFile).toList()) {
                    final String name = file.getFileName().toString();
                    if (name.startsWith(".")
                            || watched.getValue().stream().noneMatch(name::endsWith)) continue;
                    final Path other = files.put(FileUtils.stripFilenameVersion(path(file)), file);
                    if (other != null)
                        throw new IOException("Multiple versions: " + other + ", " + file);
                }
            }
        }
        return files;
    }

    private String path(Path file) {
        return root.relativize(file).toString().replace('\\', '/');
    }

    private static List<Entry> read(URI site) throws IOException {
        final List<Entry> entries = new ArrayList<>();
        try (InputStream in = new GZIPInputStream(site.resolve("db.xml.gz").toURL().openStream())) {
            SAXParserFactory.newInstance()
                    .newSAXParser()
                    .parse(
                            in,
                            new DefaultHandler() {
                                private final StringBuilder text = new StringBuilder();

                                @Override
                                public void startElement(
                                        String uri, String local, String name, Attributes a) {
                                    text.setLength(0);
                                    if (name.equals("plugin")) {
                                        entries.add(new Entry());
                                        entry().filename = a.getValue("filename");
                                    } else if (name.equals("version")) {
                                        entry().checksum = a.getValue("checksum");
                                        entry().timestamp = Long.parseLong(a.getValue("timestamp"));
                                        entry().size = Long.parseLong(a.getValue("filesize"));
                                    } else if (name.equals("previous-version"))
                                        entry().previous.add(a.getValue("checksum"));
                                }

                                @Override
                                public void characters(char[] characters, int start, int length) {
                                    text.append(characters, start, length);
                                }

                                @Override
                                public void endElement(String uri, String local, String name) {
                                    if (name.equals("platform"))
                                        entry().platforms.add(text.toString());
                                }

                                private Entry entry() {
                                    return entries.get(entries.size() - 1);
                                }
                            });
        } catch (SAXException | javax.xml.parsers.ParserConfigurationException e) {
            throw new IOException(e);
        }
        return entries;
    }

    private static void download(URI site, Entry entry, Path staging) throws IOException {
        final String request = entry.filename.replace(" ", "%20") + "-" + entry.timestamp;
        final Path file = staging.resolve(entry.filename);
        Files.createDirectories(file.getParent());
        try (InputStream in = site.resolve(request).toURL().openStream()) {
            Files.copy(in, file, StandardCopyOption.REPLACE_EXISTING);
        }
        if (Files.size(file) != entry.size)
            throw new IOException("Incorrect file size for " + entry.filename);
        if (!checksum(entry.filename, file).equals(entry.checksum))
            throw new IOException("Incorrect checksum for " + entry.filename);
    }

    private static void createEmpty(Path file) throws IOException {
        Files.createDirectories(file.getParent());
        Files.createFile(file);
    }

    /** What Fiji's launcher does at the next start: an empty file means to delete. */
    private void applyUpdate(Path staging) throws IOException {
        if (!Files.exists(staging)) return;
        final List<Path> paths;
        try (Stream<Path> walk = Files.walk(staging)) {
            paths = new ArrayList<>(walk.toList());
        }
        for (Path staged : paths) {
            if (Files.isDirectory(staged)) continue;
            final Path target = root.resolve(staging.relativize(staged));
            Files.createDirectories(target.getParent());
            if (Files.size(staged) > 0)
                Files.move(staged, target, StandardCopyOption.REPLACE_EXISTING);
            else {
                Files.delete(target);
                Files.delete(staged);
            }
        }
        for (int i = paths.size() - 1; i >= 0; i--) Files.deleteIfExists(paths.get(i));
    }

    /** The updater's checksum, by its description. */
    static String checksum(String path, Path file) throws IOException {
        final MessageDigest sha1;
        try {
            sha1 = MessageDigest.getInstance("SHA-1");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
        if (!path.endsWith(".jar")) {
            sha1.update(path.getBytes(StandardCharsets.US_ASCII));
            consume(Files.newInputStream(file), sha1);
        } else
            try (ZipFile zip = new ZipFile(file.toFile())) {
                final Map<String, ZipEntry> sorted = new TreeMap<>();
                zip.stream().forEach(entry -> sorted.put(entry.getName(), entry));
                for (ZipEntry entry : sorted.values()) {
                    InputStream in = zip.getInputStream(entry);
                    if (entry.getName().equals("META-INF/MANIFEST.MF"))
                        in = InputStream.nullInputStream();
                    else if (entry.getName().endsWith(".properties"))
                        in =
                                new ByteArrayInputStream(
                                        new String(in.readAllBytes(), StandardCharsets.ISO_8859_1)
                                                .replaceAll("(?md)^#[^\n]*", "")
                                                .getBytes(StandardCharsets.ISO_8859_1));
                    sha1.update(entry.getName().getBytes(StandardCharsets.US_ASCII));
                    consume(in, sha1);
                }
            }
        final StringBuilder hex = new StringBuilder();
        for (byte b : sha1.digest()) hex.append(String.format("%02x", b));
        return hex.toString();
    }

    private static void consume(InputStream in, MessageDigest digest) throws IOException {
        try (DigestInputStream all = new DigestInputStream(in, digest)) {
            all.transferTo(OutputStream.nullOutputStream());
        }
    }
}
