/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.network.layout;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Packs TorchScript text as the archive that PyTorch loads: an uncompressed zip file with the text,
 * a pickle that makes one object of its class {@code Net}, and no tensors.
 */
public final class TorchScriptArchive {

    private TorchScriptArchive() {}

    /** {@return the archive that holds a program, as PyTorch loads it} */
    public static byte[] of(String source) {
        final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            add(zip, "data.pkl", module());
            add(zip, "code/__torch__.py", source.getBytes(StandardCharsets.UTF_8));
            add(zip, "constants.pkl", emptyTuple());
            add(zip, "version", "3\n".getBytes(StandardCharsets.US_ASCII));
            add(zip, "byteorder", "little".getBytes(StandardCharsets.US_ASCII));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    private static void add(ZipOutputStream zip, String name, byte[] content) throws IOException {
        final ZipEntry entry = new ZipEntry("net/" + name);
        final CRC32 checksum = new CRC32();
        checksum.update(content);
        entry.setMethod(ZipEntry.STORED);
        entry.setSize(content.length);
        entry.setCrc(checksum.getValue());
        zip.putNextEntry(entry);
        zip.write(content);
        zip.closeEntry();
    }

    /** The pickle of {@code Net()} with its two attributes: training = False, the hook = None. */
    private static byte[] module() {
        final ByteArrayOutputStream pickle = new ByteArrayOutputStream();
        write(pickle, "\u0080\u0002c__torch__\nNet\n)\u0081}(");
        text(pickle, "training");
        write(pickle, "\u0089");
        text(pickle, "_is_full_backward_hook");
        write(pickle, "Nub.");
        return pickle.toByteArray();
    }

    private static byte[] emptyTuple() {
        final ByteArrayOutputStream pickle = new ByteArrayOutputStream();
        write(pickle, "\u0080\u0002).");
        return pickle.toByteArray();
    }

    private static void text(ByteArrayOutputStream pickle, String text) {
        write(pickle, "X" + (char) text.length() + "\0\0\0" + text);
    }

    private static void write(ByteArrayOutputStream pickle, String bytes) {
        pickle.writeBytes(bytes.getBytes(StandardCharsets.ISO_8859_1));
    }
}
