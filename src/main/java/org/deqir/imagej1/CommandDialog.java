/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.imagej1;

import ij.IJ;
import ij.ImagePlus;
import ij.WindowManager;
import ij.gui.GenericDialog;
import ij.gui.MultiLineLabel;
import java.awt.Checkbox;
import java.awt.Choice;
import java.awt.Component;
import java.awt.Font;
import java.awt.Label;
import java.awt.TextField;
import java.io.File;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Vector;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.scijava.Context;
import org.scijava.ItemVisibility;
import org.scijava.command.CommandInfo;
import org.scijava.convert.ConvertService;
import org.scijava.module.MethodCallException;
import org.scijava.module.Module;
import org.scijava.module.ModuleItem;
import org.scijava.util.Types;
import org.scijava.widget.Button;
import org.scijava.widget.FileWidget;
import org.scijava.widget.NumberWidget;

/**
 * The dialog of a command in ImageJ's own style, made from the command's inputs.
 *
 * <p>While it is open, callbacks of the inputs run as in Fiji, so that a command may change other
 * inputs, choices and messages. OK is disabled while a number is missing or out of its range.
 */
final class CommandDialog {

    private static final String HELP = "help";
    private static final String WEBSITE = "https://github.com/deqir/deqir-fiji";
    private static final String NO_IMAGE = "none";
    private static final int TEXT_COLUMNS = 20;
    private static final int NUMBER_COLUMNS = 7;

    /** One input in the dialog. */
    private class Field {

        private final ModuleItem<?> input;
        private final Supplier<Object> read;
        private final Consumer<Object> show;

        /** The value that the field and the input both had last. */
        private Object agreed;

        /**
         * @param read gives the value in the field, or null if there is no valid one
         * @param show puts a value into the field
         */
        Field(ModuleItem<?> input, Supplier<Object> read, Consumer<Object> show) {
            this.input = input;
            this.read = read;
            this.show = show;
            this.agreed = input.getValue(module);
        }

        boolean isValid() {
            return read.get() != null || !input.isRequired();
        }

        /** Gives the input what the user changed. */
        void toInput() {
            final Object value = read.get();
            if (!isValid() || Objects.equals(value, agreed)) return;
            agreed = value;
            module.setInput(input.getName(), value);
            call(input);
        }

        /** Shows what a callback changed. */
        void toField() {
            final Object value = input.getValue(module);
            if (!isValid() || Objects.equals(value, agreed)) return;
            agreed = value;
            show.accept(value);
        }
    }

    private final Context context;
    private final CommandInfo command;
    private final Module module;
    private final GenericDialog dialog;
    private final List<Field> fields = new ArrayList<>();

    CommandDialog(Context context, CommandInfo command, Module module) {
        this.context = context;
        this.command = command;
        this.module = module;
        this.dialog =
                new GenericDialog(command.getMenuPath().getLeaf().getName().replace("...", ""));
    }

    /** Lets the user choose the inputs; false if the dialog was cancelled. */
    boolean show() {
        int choices = 0;
        for (ModuleItem<?> input : module.getInfo().inputs()) {
            if (module.isInputResolved(input.getName())
                    || input.getVisibility() == ItemVisibility.INVISIBLE) continue;
            add(input);
            if (input.getVisibility() != ItemVisibility.MESSAGE) choices++;
        }
        if (choices == 0) return true;
        dialog.addHelp(helpPage());
        try (PreviewThread preview = new PreviewThread(module)) {
            dialog.addDialogListener((source, event) -> changed(preview));
            dialog.showDialog();
        }
        if (dialog.wasCanceled()) {
            module.cancel();
            return false;
        }
        fields.forEach(Field::toInput);
        return true;
    }

    private String helpPage() {
        final String page = command.get(HELP);
        return page == null ? WEBSITE : page;
    }

    private void add(ModuleItem<?> input) {
        final Class<?> type = Types.box(input.getType());
        if (input.getVisibility() == ItemVisibility.MESSAGE) addMessage(input);
        else if (type == Button.class) dialog.addButton(label(input), event -> press(input));
        else if (MacroCall.isImage(input)) addImages(input);
        else if (!input.getChoices().isEmpty()) addChoices(input);
        else if (type == Boolean.class) addFlag(input);
        else if (Number.class.isAssignableFrom(type)) addNumber(input, type);
        else if (type == File.class) addFile(input);
        else addText(input, type);
    }

    // -- Kinds of fields --

    private void addMessage(ModuleItem<?> input) {
        final String text = text(input.getValue(module));
        final boolean heading = String.valueOf(input.getValue(module)).contains("<b>");
        final Font font = IJ.font12;
        dialog.addMessage(text, heading ? font.deriveFont(Font.BOLD) : font);
        final Component message = dialog.getMessage();
        fields.add(
                new Field(input, () -> text, value -> setText(message, value)) {
                    @Override
                    void toInput() {
                        // nobody types into a message
                    }
                });
    }

    private void setText(Component message, Object value) {
        final String text = text(value);
        if (message instanceof MultiLineLabel lines) lines.setText(text);
        else if (message instanceof Label line) line.setText(text.replace('\n', ' '));
        dialog.pack();
    }

    private void addImages(ModuleItem<?> input) {
        final List<Object> images = new ArrayList<>();
        if (!input.isRequired()) images.add(NO_IMAGE);
        images.addAll(Arrays.asList(WindowManager.getImageTitles()));
        final Choice choice = addChoice(input, images, titleOf(input.getValue(module)));
        fields.add(
                new Field(
                        input,
                        () -> WindowManager.getImage(choice.getSelectedItem()),
                        value -> choice.select(titleOf(value))));
    }

    private static String titleOf(Object image) {
        return image instanceof ImagePlus plus ? plus.getTitle() : NO_IMAGE;
    }

    private void addChoices(ModuleItem<?> input) {
        final List<Object> items = new ArrayList<>(input.getChoices());
        final Choice choice = addChoice(input, items, input.getValue(module));
        fields.add(
                new Field(
                        input,
                        () -> items.get(choice.getSelectedIndex()),
                        value -> choice.select(String.valueOf(value))));
    }

    private Choice addChoice(ModuleItem<?> input, List<?> items, Object selected) {
        final String[] names = items.stream().map(String::valueOf).toArray(String[]::new);
        dialog.addChoice(label(input), names, String.valueOf(selected));
        return last(dialog.getChoices());
    }

    private void addFlag(ModuleItem<?> input) {
        dialog.addCheckbox(label(input), Boolean.TRUE.equals(input.getValue(module)));
        final Checkbox box = last(dialog.getCheckboxes());
        fields.add(new Field(input, box::getState, value -> box.setState((Boolean) value)));
    }

    private void addNumber(ModuleItem<?> input, Class<?> type) {
        final Number value = (Number) input.getValue(module);
        final double start = value == null ? Double.NaN : value.doubleValue();
        final Number min = (Number) input.getMinimumValue();
        final Number max = (Number) input.getMaximumValue();
        final String style = String.valueOf(input.getWidgetStyle());
        final String[] label = labelAndUnit(input);
        if (min != null && max != null && style.contains(NumberWidget.SLIDER_STYLE)) {
            final double step = input.getStepSize() == null ? 1 : input.getStepSize().doubleValue();
            dialog.addSlider(label(input), min.doubleValue(), max.doubleValue(), start, step);
        } else {
            dialog.addNumericField(label[0], start, digits(start), NUMBER_COLUMNS, label[1]);
        }
        final TextField field = last(dialog.getNumericFields());
        fields.add(
                new Field(
                        input,
                        () -> number(field.getText(), type, min, max),
                        shown -> field.setText(plain(((Number) shown).doubleValue()))));
    }

    private Object number(String text, Class<?> type, Number min, Number max) {
        final Object value = context.service(ConvertService.class).convert(text.trim(), type);
        if (!(value instanceof Number number)) return null;
        final boolean inRange =
                (min == null || number.doubleValue() >= min.doubleValue())
                        && (max == null || number.doubleValue() <= max.doubleValue());
        return inRange ? value : null;
    }

    private void addFile(ModuleItem<?> input) {
        final Object file = input.getValue(module);
        final String path = file == null ? "" : file.toString();
        if (FileWidget.DIRECTORY_STYLE.equals(input.getWidgetStyle()))
            dialog.addDirectoryField(label(input), path);
        else dialog.addFileField(label(input), path);
        final TextField field = last(dialog.getStringFields());
        fields.add(
                new Field(
                        input,
                        () -> new File(field.getText()),
                        value -> field.setText(String.valueOf(value))));
    }

    private void addText(ModuleItem<?> input, Class<?> type) {
        final Object value = input.getValue(module);
        dialog.addStringField(label(input), value == null ? "" : value.toString(), TEXT_COLUMNS);
        final TextField field = last(dialog.getStringFields());
        final ConvertService convert = context.service(ConvertService.class);
        fields.add(
                new Field(
                        input,
                        () -> convert.convert(field.getText(), type),
                        shown -> field.setText(String.valueOf(shown))));
    }

    @SuppressWarnings("unchecked")
    private static <T> T last(Vector<?> components) {
        return (T) components.lastElement();
    }

    // -- While it is open --

    /** Takes over what was changed; false, which disables OK, while something is not valid. */
    private boolean changed(PreviewThread preview) {
        fields.forEach(Field::toInput);
        fields.forEach(Field::toField);
        final boolean valid = fields.stream().allMatch(Field::isValid);
        if (valid) preview.update();
        return valid;
    }

    private void press(ModuleItem<?> button) {
        call(button);
        fields.forEach(Field::toField);
    }

    private void call(ModuleItem<?> input) {
        try {
            input.callback(module);
        } catch (MethodCallException e) {
            throw new IllegalStateException(
                    "The callback of " + input.getName() + " failed: " + e.getMessage(), e);
        }
    }

    // -- Texts --

    private static String label(ModuleItem<?> input) {
        final String label = input.getLabel();
        return text(label == null || label.isEmpty() ? input.getName() : label);
    }

    /** A label such as "Wavelength (nm)" as ImageJ shows it: name before, unit behind the field. */
    private static String[] labelAndUnit(ModuleItem<?> input) {
        final String label = label(input);
        final int open = label.lastIndexOf(" (");
        return open > 0 && label.endsWith(")")
                ? new String[] {
                    label.substring(0, open), label.substring(open + 2, label.length() - 1)
                }
                : new String[] {label, ""};
    }

    private static String text(Object html) {
        return html == null
                ? ""
                : html.toString()
                        .replaceAll("(?i)<br */?>", "\n")
                        .replaceAll("<[^>]*>", "")
                        .replace("&lt;", "<")
                        .replace("&gt;", ">")
                        .replace("&amp;", "&");
    }

    private static int digits(double value) {
        if (Double.isNaN(value) || Double.isInfinite(value)) return 0;
        return Math.max(0, new BigDecimal(String.valueOf(value)).stripTrailingZeros().scale());
    }

    private static String plain(double value) {
        return IJ.d2s(value, digits(value));
    }
}
