/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command;

import ij.IJ;
import ij.WindowManager;
import ij.gui.GUI;
import ij.measure.ResultsTable;
import java.awt.GraphicsEnvironment;
import java.awt.Rectangle;
import java.awt.Window;
import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CancellationException;
import org.deqir.command.base.DeqirCommand;
import org.deqir.command.prior.PriorService;
import org.deqir.command.ui.ResultDisplay;
import org.deqir.model.ModelDescriptor;
import org.deqir.model.store.InstalledModel;
import org.deqir.model.store.ModelStore;
import org.deqir.network.ComputeDevice;
import org.deqir.network.layout.Precision;
import org.deqir.progress.Progress;
import org.scijava.command.Command;
import org.scijava.plugin.Attr;
import org.scijava.plugin.Menu;
import org.scijava.plugin.Parameter;
import org.scijava.plugin.Plugin;
import org.scijava.widget.FileWidget;

/**
 * Plugins ▸ DeqIR ▸ DeqIR Models...: lists, verifies, renames, removes and exports installed
 * models.
 *
 * <p>A list goes to a window of its own; in a macro, to the Results table, where the macro can read
 * it. A model that cannot be used is listed with the reason.
 */
@Plugin(
        type = Command.class,
        menu = {
            @Menu(label = "Plugins"),
            @Menu(label = "DeqIR"),
            @Menu(label = "DeqIR Models...", weight = 34)
        },
        iconPath = DeqirCommand.ICON,
        headless = true,
        attrs = @Attr(name = DeqirCommand.HELP, value = DeqirCommand.HELP_PAGE))
public class ModelsCommand extends DeqirCommand {

    private static final String ALL = "all";
    private static final String WINDOW = "DeqIR Models";
    private static final int WINDOW_WIDTH = 1000;
    private static final double MILLION = 1e6;

    @Parameter(
            label = "Action",
            description =
                    "list: what is installed, with the hashes checked; verify: run the stored test"
                            + " as well; rename, remove or export one model.",
            choices = {"list", "verify", "rename", "remove", "export"})
    private String action = "list";

    @Parameter(
            label = "Model",
            description = "The model; all for every one, where nothing is changed.")
    private String model = ALL;

    @Parameter(label = "New name", description = "For rename: the new name.")
    private String name = "";

    @Parameter(
            label = "Zip file",
            description = "For export: the zip file to write.",
            style = FileWidget.SAVE_STYLE)
    private String file = "";

    @Parameter(
            label = "Remove without asking",
            description = "For remove: that the model and its files shall be deleted.")
    private Boolean confirm = false;

    @Parameter private PriorService priors;

    @Override
    protected boolean needsImage() {
        return false;
    }

    @Override
    public Set<String> idleKeys() {
        final Set<String> idle = new HashSet<>();
        if (!action.equals("rename")) idle.add("name");
        if (!action.equals("export")) idle.add("file");
        if (!action.equals("remove")) idle.add("confirm");
        return idle;
    }

    @Override
    protected Map<String, List<String>> dialogChoices() {
        final List<String> models = new ArrayList<>(List.of(ALL));
        for (final InstalledModel installed : store().list()) models.add(installed.name());
        return Map.of("model", models);
    }

    private ModelStore store() {
        return new ModelStore(List.of(priors.modelFolder()));
    }

    @Override
    protected void execute(Progress progress) {
        try {
            switch (action) {
                case "rename" -> rename();
                case "remove" -> remove();
                case "export" -> export(progress);
                default -> list(progress);
            }
        } catch (IOException | IllegalStateException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
    }

    private String one() {
        if (model.equals(ALL))
            throw new IllegalArgumentException(
                    "model is missing: name the model to " + action + ".");
        return model;
    }

    private void rename() throws IOException {
        store().find(one());
        if (name.isBlank())
            throw new IllegalArgumentException("name is missing: give the model's new name.");
        store().rename(model, name);
        priors.releaseRemoved();
        log.info("DeqIR renamed the model " + model + " to " + name);
    }

    private void remove() throws IOException {
        final InstalledModel installed = store().find(one());
        if (!confirm) confirm(installed);
        store().remove(model);
        priors.releaseRemoved();
        log.info("DeqIR removed the model " + model + " (" + installed.place() + ")");
    }

    private static void confirm(InstalledModel installed) {
        if (IJ.isMacro() || GraphicsEnvironment.isHeadless())
            throw new IllegalArgumentException(
                    "confirm is missing: give confirm=true to delete the model "
                            + installed.name()
                            + " and its files.");
        if (!IJ.showMessageWithCancel(
                WINDOW,
                "Delete the model " + installed.name() + " and its files?\n" + installed.place()))
            throw new CancellationException("canceled by the user");
    }

    private void export(Progress progress) throws IOException {
        store().find(one());
        if (file.isBlank())
            throw new IllegalArgumentException("file is missing: give the zip file to write.");
        final Path path;
        try {
            path = Path.of(file.toLowerCase(Locale.ROOT).endsWith(".zip") ? file : file + ".zip");
        } catch (InvalidPathException e) {
            throw new IllegalArgumentException("file = '" + file + "' is no path of a file.", e);
        }
        store().export(model, path, progress);
        log.info("DeqIR exported the model " + model + " to " + path);
    }

    // ---- list ----

    private void list(Progress progress) throws IOException {
        final List<InstalledModel> models =
                model.equals(ALL) ? store().list() : List.of(store().find(model));
        final String device = device(progress);
        final boolean own = !IJ.isMacro() && !GraphicsEnvironment.isHeadless();
        final ResultsTable table = own ? new ResultsTable() : ResultDisplay.resultsTable();
        for (int i = 0; i < models.size(); i++) {
            final double from = (double) i / models.size();
            progress.update("Checking " + models.get(i).name(), from);
            final Progress part = progress.part(from, (i + 1.0) / models.size());
            addRow(table, models.get(i).checked(part), device);
        }
        table.show(own ? WINDOW : "Results");
        if (own) widen(WindowManager.getWindow(WINDOW));
    }

    /** ImageJ shows a table in a window that fits the first columns of ours. */
    private static void widen(Window window) {
        if (window == null) return;
        final Rectangle screen = GUI.getMaxWindowBounds(window);
        final int width = Math.min(WINDOW_WIDTH, screen.width);
        if (window.getWidth() >= width) return;
        window.setSize(width, window.getHeight());
        if (window.getX() + width > screen.x + screen.width)
            window.setLocation(screen.x + screen.width - width, window.getY());
    }

    /** What networks run on unless a command's device key says otherwise. */
    private String device(Progress progress) {
        try {
            priors.prepare(progress);
            return ComputeDevice.of(PriorService.AUTO).label();
        } catch (IllegalArgumentException | IllegalStateException e) {
            return "none: " + e.getMessage();
        }
    }

    private void addRow(ResultsTable table, InstalledModel installed, String device) {
        table.incrementCounter();
        final boolean usable = installed.problem().isEmpty();
        final ModelDescriptor known = usable ? installed.descriptor() : null;
        // What is read first stands first; the last columns are wider than most screens.
        table.addValue("Name", installed.name());
        table.addValue("State", usable ? state(installed) : "broken: " + installed.problem().get());
        table.addValue("Channels", usable ? String.valueOf(known.channels()) : "");
        table.addValue(
                "Weights (million)",
                usable ? String.format(Locale.ROOT, "%.1f", known.parameters() / MILLION) : "");
        table.addValue(
                "Size (MB)", String.format(Locale.ROOT, "%.1f", installed.bytes() / MILLION));
        table.addValue("Licence", usable ? known.card().licence() : "");
        table.addValue("Device", usable ? device : "");
        table.addValue("Place", installed.place());
        table.addValue("SHA-256", usable ? known.weights().sha256() : "");
        table.addValue("Source", usable ? known.card().provenance() : "");
    }

    private String state(InstalledModel installed) {
        if (!action.equals("verify")) return "good";
        try {
            return String.format(
                    Locale.ROOT,
                    "verified: differs by %.1e from its stored test",
                    installed.verify(Precision.FLOAT32));
        } catch (IOException | IllegalStateException e) {
            return "broken: " + e.getMessage();
        }
    }
}
