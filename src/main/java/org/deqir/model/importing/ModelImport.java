/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.model.importing;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.deqir.model.ModelCard;
import org.deqir.model.ModelDescriptor;
import org.deqir.model.ModelException;
import org.deqir.model.YamlSection;
import org.deqir.model.importing.SettingsTrial.Candidate;
import org.deqir.model.store.InstalledModel;
import org.deqir.model.store.ModelFiles;
import org.deqir.model.store.ModelPackage;
import org.deqir.model.store.ModelStore;
import org.deqir.model.store.ModelWriter;
import org.deqir.model.store.Sha256;
import org.deqir.network.UNetNoisePredictor;
import org.deqir.network.checkpoint.Checkpoint;
import org.deqir.network.checkpoint.TensorInfo;
import org.deqir.network.checkpoint.ZipArchive;
import org.deqir.network.layout.AveragedNames;
import org.deqir.network.layout.DdpmUNet;
import org.deqir.network.layout.NetworkArchitecture;
import org.deqir.network.layout.Precision;
import org.deqir.progress.Progress;

/**
 * Installs a model from a file: a checkpoint (of PyTorch, old or new, or safetensors), which is
 * converted, or the zip file of a model's folder, which is taken as it is.
 *
 * <p>A checkpoint is read and written one tensor at a time. Nothing in a file is executed; no class
 * of the file is loaded. An import that fails or is cancelled leaves nothing behind.
 */
public final class ModelImport {

    private static final int ZIP_MAGIC = 0x04034b50;
    private static final String TORCH_PICKLE = "/data.pkl";

    private final ModelStore store;
    private final String name;
    private final ImportSettings settings;
    private final Progress progress;
    private final List<String> notes = new ArrayList<>();

    private ModelImport(ModelStore store, String name, ImportSettings settings, Progress progress) {
        this.store = store;
        this.name = name;
        this.settings = settings;
        this.progress = progress;
    }

    /**
     * What was installed.
     *
     * @param model the model
     * @param notes what was found out about it and how, in sentences
     */
    public record Imported(InstalledModel model, List<String> notes) {}

    /**
     * Imports a file.
     *
     * @param store where to install the model
     * @param file a checkpoint or the zip file of a model's folder
     * @param name of the new model
     * @param settings what the user says of a checkpoint; without effect on a model's folder, which
     *     says it itself
     * @param progress shows how far the work is, and is asked whether to go on
     * @return the installed model and what was found out about it
     * @throws IOException if the file is missing, damaged, not acceptable, or no network of a known
     *     layout; if there is a model of this name; if there is no room. The message is a sentence
     *     for the user
     * @throws java.util.concurrent.CancellationException if the user cancelled
     * @throws IllegalStateException if PyTorch cannot start on this computer
     */
    public static Imported run(
            ModelStore store, Path file, String name, ImportSettings settings, Progress progress)
            throws IOException {
        final ModelImport run = new ModelImport(store, name, settings, progress);
        try {
            final InstalledModel model = store.install(name, folder -> run.writeInto(folder, file));
            progress.update("Imported " + name, 1);
            return new Imported(model, List.copyOf(run.notes));
        } catch (IllegalArgumentException e) {
            throw refusal(file, e);
        }
    }

    /**
     * {@return a sentence for the user about what a file holds, without importing it}
     *
     * @throws IOException if it cannot be imported, with a sentence for the user
     */
    public static String describe(Path file, ImportSettings settings) throws IOException {
        try {
            return described(file, settings);
        } catch (IllegalArgumentException e) {
            throw refusal(file, e);
        }
    }

    private static ModelException refusal(Path file, IllegalArgumentException e) {
        return new ModelException(label(file) + " cannot be imported: " + e.getMessage(), e);
    }

    private static String described(Path file, ImportSettings settings) throws IOException {
        if (isZip(file))
            try (ZipArchive zip = ZipArchive.open(file)) {
                if (isModel(zip, file)) {
                    final YamlSection model =
                            ModelDescriptor.model(ModelPackage.in(zip, label(file)).descriptor());
                    return "The zip file of the model \"" + model.text("name") + "\".";
                }
            }
        try (Checkpoint checkpoint = AveragedNames.restored(Checkpoint.open(file))) {
            final UntoldSettings untold = new UntoldSettings(checkpoint.tensors(), settings);
            long weights = 0;
            for (TensorInfo tensor : checkpoint.below(untold.prefix()).tensors().values())
                weights += tensor.elements();
            return String.format(
                    Locale.ROOT,
                    "A network of the layout %s for images of %d channel%s, %.1f million"
                            + " weights%s%s.",
                    untold.architecture().layout(),
                    untold.architecture().channels(),
                    untold.architecture().channels() == 1 ? "" : "s",
                    weights / 1e6,
                    untold.prefix().isEmpty() ? "" : " at " + untold.prefix(),
                    untold.published().map(known -> "; as " + known.name()).orElse(""));
        }
    }

    private void writeInto(Path folder, Path file) throws IOException {
        if (isZip(file))
            try (ZipArchive zip = ZipArchive.open(file)) {
                if (isModel(zip, file)) {
                    unpack(ModelPackage.in(zip, label(file)), folder, file);
                    return;
                }
            }
        try (Checkpoint checkpoint = AveragedNames.restored(Checkpoint.open(file))) {
            convert(checkpoint, folder, source(file, progress.part(0, 0.1)), settings);
        }
    }

    /** Whether a zip file holds a model's folder; otherwise it holds a checkpoint. */
    private static boolean isModel(ZipArchive zip, Path file) throws ModelException {
        for (String entry : zip.entries().keySet())
            if (entry.equals("data.pkl") || entry.endsWith(TORCH_PICKLE)) return false;
        if (ModelPackage.isIn(zip)) return true;
        throw new ModelException(
                file.getFileName()
                        + " is a zip file that holds neither a checkpoint of PyTorch nor a model's"
                        + " folder with a "
                        + ModelDescriptor.FILE_NAME
                        + "; accepted: either of them, or safetensors.");
    }

    private static boolean isZip(Path file) throws IOException {
        final ByteBuffer start = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN);
        if (Files.isDirectory(file))
            throw new ModelException(
                    file.getFileName() + " is a folder; give the zip file of a model's folder.");
        try (SeekableByteChannel channel = Files.newByteChannel(file)) {
            while (start.hasRemaining() && channel.read(start) >= 0) {}
        } catch (NoSuchFileException e) {
            throw new ModelException("There is no file " + file + ".", e);
        }
        return !start.hasRemaining() && start.getInt(0) == ZIP_MAGIC;
    }

    private static String label(Path file) {
        return String.valueOf(file.getFileName());
    }

    private String source(Path file, Progress part) throws IOException {
        part.update("Reading " + file.getFileName(), 0);
        return file.getFileName() + ", SHA-256 " + Sha256.of(Files.newInputStream(file));
    }

    // ---- a model's folder ----

    private void unpack(ModelPackage model, Path folder, Path file) throws IOException {
        final String yaml = model.descriptor();
        if (!ModelDescriptor.isOurs(ModelDescriptor.model(yaml))) {
            unpackForeign(model, ZooModel.parse(yaml), folder, file);
            return;
        }
        final ModelDescriptor descriptor = ModelDescriptor.parse(yaml);
        model.unpack(descriptor, folder, progress.part(0, 0.6));
        final InstalledModel unpacked =
                InstalledModel.at(name, new ModelFiles.Folder(folder))
                        .checked(progress.part(0.6, 0.8));
        if (unpacked.problem().isPresent()) throw new ModelException(unpacked.problem().get());
        progress.update("Running the stored test", 0.8);
        if (descriptor.test() == null)
            notes.add("The package holds no test; whether the network works was not tried.");
        else {
            final double difference = unpacked.verify(Precision.FLOAT32);
            notes.add(
                    String.format(
                            Locale.ROOT,
                            "The stored test was reproduced with a relative difference of %.1e.",
                            difference));
        }
    }

    /** Converts the weights of a model that another program described. */
    private void unpackForeign(ModelPackage model, ZooModel described, Path folder, Path file)
            throws IOException {
        final Path weights = folder.resolve(described.weights().name() + ".imported");
        model.copy(described.weights().name(), weights, progress.part(0, 0.3));
        final String hash = Sha256.of(Files.newInputStream(weights));
        if (!hash.equals(described.weights().sha256()))
            throw new ModelException(
                    String.format(
                            "The file %s was changed: its SHA-256 is %s, not %s.",
                            described.weights().name(), hash, described.weights().sha256()));
        try (Checkpoint checkpoint = AveragedNames.restored(Checkpoint.open(weights))) {
            convert(
                    checkpoint,
                    folder,
                    "%s of the package %s, SHA-256 %s"
                            .formatted(described.weights().name(), file.getFileName(), hash),
                    settings.orElse(described.configuration(), described.card()));
        }
        Files.delete(weights);
    }

    // ---- a checkpoint ----

    private void convert(Checkpoint checkpoint, Path folder, String source, ImportSettings told)
            throws IOException {
        final UntoldSettings untold = new UntoldSettings(checkpoint.tensors(), told);
        final Checkpoint network = checkpoint.below(untold.prefix());
        long bytes = 1 << 20;
        for (TensorInfo tensor : network.tensors().values())
            bytes += tensor.elements() * told.type().bytes();
        ModelPackage.requireSpace(folder, bytes);
        ModelWriter.writeWeights(folder, network, told.type(), progress.part(0.1, 0.6));
        progress.checkCanceled();
        progress.update("Starting the network", 0.6);
        final NetworkArchitecture first = untold.architecture();
        try (UNetNoisePredictor loaded = ModelWriter.load(folder, first)) {
            progress.checkCanceled();
            final Candidate decided =
                    untold.decide(
                            architecture -> loaded.as(architecture, Precision.FLOAT32),
                            progress.part(0.7, 0.9));
            notes.addAll(untold.notes());
            if (!untold.prefix().isEmpty())
                notes.add("The weights are those at " + untold.prefix() + " in the file.");
            progress.checkCanceled();
            progress.update("Storing the test", 0.9);
            try (UNetNoisePredictor chosen = loaded.as(decided.architecture(), Precision.FLOAT32)) {
                ModelWriter.writeDescriptor(
                        folder,
                        card(told, decided, source),
                        decided.schedule(),
                        decided.intensities(),
                        decided.prediction(),
                        chosen);
            }
        }
    }

    private ModelCard card(ImportSettings told, Candidate decided, String source) {
        final boolean ddpm = decided.architecture() instanceof DdpmUNet;
        final String layout =
                ddpm
                        ? "Ho, Jain and Abbeel, Denoising diffusion probabilistic models, 2020"
                        : "Dhariwal and Nichol, Diffusion models beat GANs on image synthesis,"
                                + " 2021";
        final String paper =
                ddpm ? "https://arxiv.org/abs/2006.11239" : "https://arxiv.org/abs/2105.05233";
        final List<String> provenance = new ArrayList<>();
        provenance.add("imported from " + source);
        provenance.addAll(notes);
        return new ModelCard(
                told.title().isBlank() ? ModelCard.titleFrom(name + " (imported)") : told.title(),
                "A diffusion network imported from a checkpoint.",
                List.of(stated(told.authors())),
                told.citation().isBlank()
                        ? ModelCard.NOT_STATED + "; the layout of the network is that of " + layout
                        : told.citation(),
                told.citationUrl().isBlank() ? paper : told.citationUrl(),
                stated(told.licence()),
                stated(told.trainingData()),
                String.join(" ", provenance));
    }

    private static String stated(String text) {
        return text.isBlank() ? ModelCard.NOT_STATED : text;
    }
}
