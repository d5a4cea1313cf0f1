/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.network.checkpoint;

import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * Recognises files that are no checkpoints from their first bytes, for a helpful message: a failed
 * download, a file of another program, a compressed one.
 */
final class FileKind {

    /** What messages say is accepted. */
    static final String ACCEPTED =
            "weights as torch.save(model.state_dict(), ...) or safetensors writes them";

    /** So many first bytes tell most kinds. */
    static final int BYTES = 512;

    private static final int TAR_MARK = 257;

    private static final String IMAGE = "an image";
    private static final String UNPACK = ": unpack it first";

    /** First bytes, as ISO 8859-1, and what begins with them. */
    private static final String[][] MAGIC = {
        {
            "version https://git-lfs",
            "a pointer of Git LFS",
            ": fetch the file itself, with git lfs pull or from the project's page"
        },
        {"\u0089PNG", IMAGE, ""},
        {"\u00ff\u00d8\u00ff", IMAGE, ""},
        {"GIF8", IMAGE, ""},
        {"II*\0", IMAGE, ""},
        {"MM\0*", IMAGE, ""},
        {"%PDF", "a PDF", ""},
        {"\u0089HDF", "an HDF5 file, in which Keras stores networks", ""},
        {"\u0093NUMPY", "an array of NumPy", ""},
        {"GGUF", "a GGUF file, in which language models are stored", ""},
        {"\u001f\u008b", "compressed by gzip", UNPACK},
        {"BZh", "compressed by bzip2", UNPACK},
        {"\u00fd7zXZ", "compressed by xz", UNPACK},
        {"(\u00b5/\u00fd", "compressed by Zstandard", UNPACK},
        {"7z\u00bc\u00af", "an archive of 7-Zip", UNPACK},
        {"Rar!", "an archive of RAR", UNPACK}
    };

    private FileKind() {}

    /** The refusal of a file that begins with some bytes: all it has or {@link #BYTES}. */
    static CheckpointException refusal(String label, byte[] start) {
        final String[] kind = kind(start);
        return new CheckpointException(
                "%s is %s, not a checkpoint%s; accepted: %s."
                        .formatted(label, kind[0], kind[1], ACCEPTED));
    }

    /** What it is and what to do. */
    private static String[] kind(byte[] start) {
        final String text = new String(start, StandardCharsets.ISO_8859_1);
        if (text.isEmpty()) return new String[] {"empty", ": download or save it again"};
        for (String[] magic : MAGIC)
            if (text.startsWith(magic[0])) return new String[] {magic[1], magic[2]};
        if (text.startsWith("ustar", TAR_MARK)) return new String[] {"an archive of tar", UNPACK};
        final String lower = text.toLowerCase(Locale.ROOT);
        if (lower.stripLeading().startsWith("<")
                && (lower.contains("<!doctype html") || lower.contains("<html")))
            return new String[] {"a web page", ": download the file to which that page leads"};
        // The fields of ONNX's message: a version of the format, then who wrote it.
        if (start.length > 2 && start[0] == 8 && start[1] < 32 && start[2] == 0x12)
            return new String[] {"an ONNX network", ""};
        if (text.chars().allMatch(c -> c >= ' ' || c == '\n' || c == '\r' || c == '\t'))
            return new String[] {"a text", ""};
        return new String[] {"of a kind that is not known", ""};
    }
}
