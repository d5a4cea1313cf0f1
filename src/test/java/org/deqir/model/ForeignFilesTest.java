/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.types.Shape;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.deqir.model.importing.ImportSettings;
import org.deqir.model.importing.ModelImport;
import org.deqir.model.store.ModelStore;
import org.deqir.network.checkpoint.Checkpoint;
import org.deqir.network.checkpoint.ElementType;
import org.deqir.network.checkpoint.SafetensorsWriter;
import org.deqir.network.checkpoint.TensorInfo;
import org.deqir.progress.Progress;
import org.deqir.testing.TorchFile;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Files that people in a hurry take for a model: each is refused with one sentence that names the
 * file, what it is and what is accepted, in the import and in its dialog alike.
 */
@Tag("slow")
class ForeignFilesTest {

    private static final String WEIGHTS = "torch.save(model.state_dict(), ...)";
    private static final String LAYOUTS = "guided-diffusion, improved-diffusion and SDEdit";

    @TempDir Path folder;

    /** A tensor of zeros for each name. */
    private record Zeros(Map<String, TensorInfo> tensors) implements Checkpoint {

        static Zeros named(String... names) {
            final Map<String, TensorInfo> tensors = new LinkedHashMap<>();
            for (final String name : names)
                tensors.put(name, new TensorInfo(ElementType.FLOAT32, new Shape(4, 3, 1, 1)));
            return new Zeros(tensors);
        }

        @Override
        public float[] read(String name) {
            return new float[12];
        }

        @Override
        public void close() {
            // holds no file
        }
    }

    private static final Zeros RESNET =
            Zeros.named("conv1.weight", "bn1.weight", "layer1.0.conv1.weight", "fc.weight");

    private static final Zeros STABLE_DIFFUSION =
            Zeros.named(
                    "model.diffusion_model.input_blocks.0.0.weight",
                    "model.diffusion_model.input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight",
                    "first_stage_model.encoder.conv_in.weight",
                    "cond_stage_model.transformer.text_model.embeddings.token_embedding.weight");

    @FunctionalInterface
    private interface Content {
        void write(Path file) throws IOException;
    }

    private static Content bytes(String latin) {
        return bytes(latin.getBytes(StandardCharsets.ISO_8859_1));
    }

    private static Content bytes(byte[] bytes) {
        return file -> Files.write(file, bytes);
    }

    private static Content resource(String name) {
        return file -> Files.write(file, read(name));
    }

    private static byte[] read(String name) throws IOException {
        return ForeignFilesTest.class
                .getResourceAsStream("/checkpoints/foreign/" + name)
                .readAllBytes();
    }

    private static Content torch(Checkpoint checkpoint) {
        return file -> TorchFile.write(file, checkpoint);
    }

    private static Content safetensors(Checkpoint checkpoint) {
        return file -> SafetensorsWriter.write(file, checkpoint, ElementType.FLOAT32, Map.of());
    }

    private static Content zip(String entry) {
        return file -> {
            try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(file))) {
                out.putNextEntry(new ZipEntry(entry));
                out.write(1);
            }
        };
    }

    private static Content gzip() {
        final ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(packed)) {
            out.write(read("module.pt"));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        return bytes(packed.toByteArray());
    }

    private static String padded(String start, int length) {
        return start + "\0".repeat(length - start.length());
    }

    private enum Foreign {
        EMPTY("empty.pt", "is empty", WEIGHTS, bytes("")),
        TEXT("notes.pt", "is a text", WEIGHTS, bytes("My notes on the model.\n")),
        WEB_PAGE(
                "page.pt",
                "is a web page",
                WEIGHTS,
                bytes("\n<!DOCTYPE html>\n<html><title>Sign in</title></html>")),
        GIT_LFS(
                "pointer.pt",
                "is a pointer of Git LFS",
                WEIGHTS,
                bytes(
                        "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize"
                                + " 2211383297\n")),
        PNG("picture.pt", "is an image", WEIGHTS, bytes("\u0089PNG\r\n\u001a\n\0\0\0\rIHDR")),
        TIFF("cells.tif", "is an image", WEIGHTS, bytes("II*\0\b\0\0\0\0\0")),
        KERAS("model.h5", "is an HDF5 file", WEIGHTS, bytes("\u0089HDF\r\n\u001a\n\0\0")),
        ONNX("model.onnx", "is an ONNX network", WEIGHTS, bytes("\b\7\u0012\7pytorch\0")),
        NUMPY("array.npy", "is an array of NumPy", WEIGHTS, bytes("\u0093NUMPY\1\0v\0{")),
        NUMPY_ZIP("arrays.npz", "neither a checkpoint", "safetensors", zip("a.npy")),
        LANGUAGE_MODEL("chat.gguf", "is a GGUF file", WEIGHTS, bytes("GGUF\3\0\0\0\0\0")),
        GZIP("model.pt.gz", "compressed by gzip, not a checkpoint: unpack", WEIGHTS, gzip()),
        TAR("model.tar", "is an archive of tar", WEIGHTS, bytes(padded("model.pt", 257) + "ustar")),
        SEVEN_ZIP("model.7z", "is an archive of 7-Zip", WEIGHTS, bytes("7z\u00bc\u00af'\u001c")),
        SOURCES("repository.zip", "neither a checkpoint", "safetensors", zip("code/train.py")),
        CUT(
                "cut.pt",
                "is damaged or incomplete",
                "the whole file",
                file -> Files.write(file, Arrays.copyOf(read("module.pt"), 1500))),
        BYTES("data.bin", "of a kind that is not known", WEIGHTS, bytes("\1\2\3\4\5\6\7\b\t\n")),
        PICKLE("list.pkl", "is a Python pickle", WEIGHTS, bytes("\u0080\4]\u0094.")),
        NO_TENSORS("settings.pt", "holds no tensors", WEIGHTS, torch(Zeros.named())),
        MODULE(
                "module.pt",
                "but an object of Python's __main__.Net",
                WEIGHTS,
                resource("module.pt")),
        OLD_MODULE(
                "old.pt",
                "but an object of Python's __main__.Net",
                WEIGHTS,
                resource("module-legacy.pt")),
        TORCHSCRIPT("script.pt", "is a program of TorchScript", WEIGHTS, resource("script.pt")),
        RESNET_WEIGHTS(
                "resnet18.pt",
                "4 tensors named conv1.weight, bn1.weight, layer1.0.conv1.weight and so on",
                LAYOUTS,
                torch(RESNET)),
        STABLE_DIFFUSION_WEIGHTS(
                "v1-5.safetensors",
                "a latent diffusion network such as Stable Diffusion",
                LAYOUTS,
                safetensors(STABLE_DIFFUSION)),
        LORA(
                "style.safetensors",
                "changes to another network (LoRA)",
                LAYOUTS,
                safetensors(
                        Zeros.named(
                                "lora_unet_down_blocks_0_attentions_0_proj_in.lora_down.weight",
                                "lora_unet_down_blocks_0_attentions_0_proj_in.lora_up.weight"))),
        DIFFUSERS(
                "diffusion_pytorch_model.bin",
                "a network of the library diffusers",
                LAYOUTS,
                torch(Zeros.named("conv_in.weight", "time_embedding.linear_1.weight")));

        private final String name;
        private final String what;
        private final String accepted;
        private final Content content;

        Foreign(String name, String what, String accepted, Content content) {
            this.name = name;
            this.what = what;
            this.accepted = accepted;
            this.content = content;
        }
    }

    @ParameterizedTest
    @EnumSource(Foreign.class)
    void isRefusedWithOneHelpfulSentence(Foreign foreign) throws IOException {
        final Path file = folder.resolve(foreign.name);
        foreign.content.write(file);
        final Path home = folder.resolve("models");
        final ModelStore store = new ModelStore(List.of(home), new ClassLoader(null) {});
        final String message =
                assertThrows(
                                IOException.class,
                                () ->
                                        ModelImport.run(
                                                store,
                                                file,
                                                "model",
                                                ImportSettings.UNKNOWN,
                                                Progress.NONE))
                        .getMessage();
        assertTrue(message.startsWith(foreign.name + " "), message);
        assertTrue(message.contains(foreign.what), message);
        assertTrue(message.contains(foreign.accepted), message);
        assertTrue(message.endsWith(".") && !message.contains("\n"), message);
        assertFalse(message.contains(". "), "one sentence: " + message);
        assertTrue(message.length() < 400, message);
        assertEquals(List.of(), store.list(), "nothing is installed");
        assertEquals(
                message,
                assertThrows(
                                IOException.class,
                                () -> ModelImport.describe(file, ImportSettings.UNKNOWN))
                        .getMessage(),
                "the dialog says the same");
    }
}
