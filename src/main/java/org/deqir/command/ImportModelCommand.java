/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command;

import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.deqir.command.base.DeqirCommand;
import org.deqir.command.prior.PriorService;
import org.deqir.model.Intensities;
import org.deqir.model.Prediction;
import org.deqir.model.ScheduleDescription;
import org.deqir.model.importing.ImportSettings;
import org.deqir.model.importing.ModelImport;
import org.deqir.model.importing.ModelImport.Imported;
import org.deqir.model.store.ModelStore;
import org.deqir.network.checkpoint.ElementType;
import org.deqir.progress.Progress;
import org.scijava.ItemVisibility;
import org.scijava.command.Command;
import org.scijava.plugin.Attr;
import org.scijava.plugin.Menu;
import org.scijava.plugin.Parameter;
import org.scijava.plugin.Plugin;
import org.scijava.widget.FileWidget;

/**
 * Plugins ▸ DeqIR ▸ DeqIR Import Model...: installs a prior from a checkpoint or from the zip file
 * of a model's folder.
 *
 * <p>What the file does not tell is found by trial where it can be, and otherwise asked for by the
 * name of the key.
 */
@Plugin(
        type = Command.class,
        menu = {
            @Menu(label = "Plugins"),
            @Menu(label = "DeqIR"),
            @Menu(label = "DeqIR Import Model...", weight = 33)
        },
        iconPath = DeqirCommand.ICON,
        headless = true,
        attrs = @Attr(name = DeqirCommand.HELP, value = DeqirCommand.HELP_PAGE))
public class ImportModelCommand extends DeqirCommand {

    private static final String AUTO = "auto";
    private static final Set<String> EXPERT =
            Set.of("betastart", "betaend", "timesteps", "scaledto", "attention", "prediction");

    @Parameter(
            label = "File",
            description =
                    "A checkpoint of PyTorch, safetensors, or the zip file of a model's folder.",
            style = FileWidget.OPEN_STYLE,
            callback = "look")
    private String file = "";

    @Parameter(
            label = "Name",
            description =
                    "Name of the new model: letters, digits, dots, dashes, underscores; empty for"
                            + " that of the file.")
    private String name = "";

    @Parameter(visibility = ItemVisibility.MESSAGE, required = false)
    private String found = "";

    @Parameter(
            label = "Weights",
            description =
                    "Which of several networks in the file: the start of its weights' names, such"
                            + " as ema. or 4.module.; empty for the averaged weights.",
            callback = "look")
    private String weights = "";

    @Parameter(
            label = "Precision",
            description = "Number format of the stored weights; float16 halves the file.",
            choices = {"float32", "float16", "bfloat16"})
    private String precision = "float32";

    @Parameter(visibility = ItemVisibility.MESSAGE, required = false)
    private final String untoldheading = "<html><b>What the weights do not tell</b>";

    @Parameter(
            label = "Heads",
            description = "Number of attention heads; 0 to find out.",
            min = "0",
            max = "4096")
    private Integer heads = 0;

    @Parameter(
            label = "Head channels",
            description =
                    "Channels of each attention head, instead of their number; 0 to find out.",
            min = "0",
            max = "4096")
    private Integer headchannels = 0;

    @Parameter(
            label = "Attention",
            description = "Order of queries, keys and values (use_new_attention_order).",
            choices = {"auto", "old", "new"})
    private String attention = AUTO;

    @Parameter(
            label = "Schedule",
            description = "Noise schedule that the network was trained with.",
            choices = {"auto", "linear", "quad", "cosine", "const", "sigmoid"})
    private String schedule = AUTO;

    @Parameter(
            label = "Beta start",
            description = "First variance of the schedule; cosine has none.",
            min = "0",
            max = "1")
    private Double betastart = 1e-4;

    @Parameter(
            label = "Beta end",
            description = "Last variance of the schedule; cosine has none.",
            min = "0",
            max = "1")
    private Double betaend = 0.02;

    @Parameter(
            label = "Timesteps",
            description = "Number of timesteps of the schedule.",
            min = "2",
            max = "100000")
    private Integer timesteps = 1000;

    @Parameter(
            label = "Scaled to",
            description =
                    "Number to which the timesteps are scaled for the network (rescale_timesteps:"
                            + " 1000); 0 if they are not.",
            min = "0",
            max = "100000")
    private Integer scaledto = 0;

    @Parameter(
            label = "Intensities",
            description = "Images of the network: signed from -1 to 1, unit from 0 to 1.",
            choices = {"auto", "signed", "unit"})
    private String intensities = AUTO;

    @Parameter(
            label = "Prediction",
            description =
                    "What the network predicts: the noise (epsilon), the image (x0), or v; auto for"
                            + " epsilon unless a trial finds another.",
            choices = {"auto", "epsilon", "x0", "v"})
    private String prediction = AUTO;

    @Parameter(visibility = ItemVisibility.MESSAGE, required = false)
    private final String cardheading = "<html><b>What people should know</b>";

    @Parameter(
            label = "Title",
            description = "Name for people, 5 to 128 letters, digits, spaces; empty for the name.")
    private String title = "";

    @Parameter(label = "Author", description = "Who made the model.")
    private String author = "";

    @Parameter(
            label = "Licence",
            description = "SPDX identifier of the licence of the weights, such as MIT.")
    private String licence = "";

    @Parameter(label = "Citation", description = "How to cite the model.")
    private String citation = "";

    @Parameter(label = "URL", description = "Where the cited work is found.")
    private String url = "";

    @Parameter(label = "Data", description = "What the model was trained on and who may use that.")
    private String data = "";

    @Parameter private PriorService priors;

    @Override
    public String statusKey() {
        return "found";
    }

    @Override
    protected boolean needsImage() {
        return false;
    }

    @Override
    public Set<String> idleKeys() {
        final Set<String> idle = new HashSet<>();
        if (schedule.equals("cosine")) idle.addAll(Set.of("betastart", "betaend"));
        if (headchannels > 0) idle.add("heads");
        else if (heads > 0) idle.add("headchannels");
        return idle;
    }

    @Override
    public Set<String> expertKeys() {
        return EXPERT;
    }

    @Override
    public String problem() {
        try {
            path();
            return null;
        } catch (IllegalArgumentException e) {
            return e.getMessage();
        }
    }

    /** Callback of the file: says what it holds. */
    void look() {
        try {
            found =
                    file.isBlank()
                            ? ""
                            : ModelImport.describe(
                                    path(), ImportSettings.UNKNOWN.withWeights(weights.trim()));
        } catch (IOException | IllegalArgumentException e) {
            found = e.getMessage();
        }
    }

    private Path path() {
        if (file.isBlank())
            throw new IllegalArgumentException(
                    "file is missing: give a checkpoint or the zip file of a model's folder.");
        try {
            return Path.of(file);
        } catch (InvalidPathException e) {
            throw new IllegalArgumentException("file = '" + file + "' is no path of a file.", e);
        }
    }

    /** A name for a model from that of its file. */
    static String nameOf(Path file) {
        final String plain =
                String.valueOf(file.getFileName())
                        .replaceAll("(?i)\\.(pt|pth|ckpt|safetensors|zip|bin)$", "")
                        .replaceAll("[^A-Za-z0-9._-]+", "-")
                        .replaceAll("^[^A-Za-z0-9]+|[.-]+$", "");
        return plain.substring(0, Math.min(plain.length(), 64));
    }

    @Override
    protected void execute(Progress progress) {
        final Path path = path();
        final String model = name.isBlank() ? nameOf(path) : name;
        final ImportSettings settings = settings();
        final ModelStore store = new ModelStore(List.of(priors.modelFolder()));
        try {
            store.requireNewName(model);
            priors.prepare(progress);
            final Imported imported = ModelImport.run(store, path, model, settings, progress);
            log.info("DeqIR imported the model " + model + " (" + imported.model().place() + ")");
            imported.notes().forEach(log::info);
        } catch (IOException | IllegalStateException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
    }

    private ImportSettings settings() {
        if (heads > 0 && headchannels > 0)
            throw new IllegalArgumentException(
                    "heads = " + heads + " and headchannels = " + headchannels + ": give one.");
        final Map<String, Object> network = new LinkedHashMap<>();
        if (heads > 0) {
            network.put("num_heads", heads);
            network.put("num_head_channels", -1);
        } else if (headchannels > 0) network.put("num_head_channels", headchannels);
        if (!attention.equals(AUTO))
            network.put("use_new_attention_order", attention.equals("new"));
        return new ImportSettings(
                ElementType.valueOf(precision.toUpperCase(Locale.ROOT)),
                network,
                schedule.equals(AUTO)
                        ? null
                        : new ScheduleDescription(
                                schedule,
                                betastart,
                                betaend,
                                timesteps,
                                scaledto == 0 ? timesteps : scaledto),
                switch (intensities) {
                    case "signed" -> Intensities.SIGNED;
                    case "unit" -> Intensities.UNIT;
                    default -> null;
                },
                prediction.equals(AUTO) ? null : Prediction.of(prediction),
                title,
                author,
                licence,
                citation,
                url,
                data,
                weights.trim());
    }
}
