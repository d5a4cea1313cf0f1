/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.updatesite;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.jar.JarFile;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * The checksum by which Fiji's updater tells versions of a file apart: SHA-1 in lower-case
 * hexadecimal digits.
 *
 * <p>Of most files it covers the path below Fiji's folder and the content. Of a jar it covers name
 * and content of each entry, in the order of the names, so that a jar built twice from the same
 * sources has one checksum: times and compression do not count, nor does the manifest, nor do most
 * comments of property files.
 */
final class Checksum {

    private static final int BUFFER = 1 << 16;

    private Checksum() {}

    /**
     * Computes the checksum.
     *
     * @param path where the file is below Fiji's folder, with slashes; it belongs to the checksum
     * @param file the content
     */
    static String of(String path, Path file) throws IOException {
        final MessageDigest digest = sha1();
        if (path.endsWith(".jar")) addJar(file, digest);
        else {
            digest.update(path.getBytes(StandardCharsets.US_ASCII));
            try (InputStream in = Files.newInputStream(file)) {
                add(in, digest);
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private static MessageDigest sha1() {
        try {
            return MessageDigest.getInstance("SHA-1");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java has SHA-1", e);
        }
    }

    private static void addJar(Path file, MessageDigest digest) throws IOException {
        try (ZipFile jar = new ZipFile(file.toFile())) {
            final List<? extends ZipEntry> entries =
                    jar.stream().sorted(Comparator.comparing(ZipEntry::getName)).toList();
            for (ZipEntry entry : entries) {
                digest.update(entry.getName().getBytes(StandardCharsets.US_ASCII));
                if (entry.getName().equals(JarFile.MANIFEST_NAME)) continue;
                try (InputStream in = jar.getInputStream(entry)) {
                    if (entry.getName().endsWith(".properties"))
                        digest.update(withoutComments(in.readAllBytes()));
                    else add(in, digest);
                }
            }
        }
    }

    private static void add(InputStream in, MessageDigest digest) throws IOException {
        final byte[] buffer = new byte[BUFFER];
        for (int n = 0; n >= 0; n = in.read(buffer)) digest.update(buffer, 0, n);
    }

    /**
     * Leaves out comments as the updater does: of a line that starts with a hash only the line end
     * counts. After an empty line or a comment of nothing but hashes it does not look for a comment
     * in the next line.
     */
    static byte[] withoutComments(byte[] properties) {
        final ByteArrayOutputStream kept = new ByteArrayOutputStream(properties.length);
        boolean lineStarts = true;
        for (int i = 0; i < properties.length; i++) {
            if (lineStarts) {
                boolean empty = true;
                if (properties[i] == '#')
                    for (; i < properties.length && properties[i] != '\n'; i++)
                        empty &= properties[i] == '#';
                else empty = properties[i] == '\n';
                if (i == properties.length) break;
                lineStarts = properties[i] == '\n' && !empty;
            } else lineStarts = properties[i] == '\n';
            kept.write(properties[i]);
        }
        return kept.toByteArray();
    }
}
