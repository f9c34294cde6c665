/*
 * `betflow.exchange.folding`, compiled, for changes as they usually are.
 *
 * The rules are those of `fold_runner_changes` there; read them first. Usual are prices and sizes that
 * are floats, in ladders by price, of a runner that is known. Whatever else there may be is handed to Python.
 *
 * It is faster because it reads and writes the slots of `RunnerChange` and `RunnerBook` where they are in
 * memory. Their places are asked of the classes at import; where a class has no such slot, the import fails,
 * and everything is folded in Python.
 *
 * Python code may run in the middle of a change: the method that knows the best level, comparisons and
 * finalizers of what somebody put into a book. It may alter the change and the book. So whatever is used
 * after it is held, and is looked at again.
 */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <structmember.h>

#ifdef Py_GIL_DISABLED
#error "The fold relies on the interpreter's lock."
#endif

enum side { BACK, LAY, NEITHER };

/* A slot's name, and its distance from the beginning of the object in bytes. */
struct slot {
    const char *name;
    Py_ssize_t place;
};

static PyTypeObject *change_type, *runner_type;
static PyObject *fold_in_python, *runner_of_name;
static PyObject *best_level_name[2]; /* the methods that know the best of the levels, by side */

enum { ID, HC, ATB, ATL, TRD, SPL, SPB, LTP, TV, SPN, SPF, BATB, BATL, BDATB, BDATL, CHANGE_SLOTS };
static struct slot of_change[CHANGE_SLOTS] = {
    [ID] = {"id"},       [HC] = {"hc"},       [ATB] = {"atb"},     [ATL] = {"atl"},     [TRD] = {"trd"},
    [SPL] = {"spl"},     [SPB] = {"spb"},     [LTP] = {"ltp"},     [TV] = {"tv"},       [SPN] = {"spn"},
    [SPF] = {"spf"},     [BATB] = {"batb"},   [BATL] = {"batl"},   [BDATB] = {"bdatb"}, [BDATL] = {"bdatl"},
};

/* In the order of ATB to SPF, and the best prices in that of their sides. */
enum { BACKS, LAYS, TRADED, STAKES, LIABILITIES, LAST, TOTAL, NEAR, FAR, BEST_BACK, BEST_LAY, RUNNER_SLOTS };
static struct slot of_runner[RUNNER_SLOTS] = {
    [BACKS] = {"available_to_back"},
    [LAYS] = {"available_to_lay"},
    [TRADED] = {"traded"},
    [STAKES] = {"back_stake_taken"},
    [LIABILITIES] = {"lay_liability_taken"},
    [LAST] = {"last_price_traded"},
    [TOTAL] = {"total_matched"},
    [NEAR] = {"near_price"},
    [FAR] = {"far_price"},
    [BEST_BACK] = {"best_back"},
    [BEST_LAY] = {"best_lay"},
};

#define IN(object, slot) (*(PyObject **)((char *)(object) + (slot).place))
#define CHANGE(change, number) IN(change, of_change[number])
#define RUNNER(runner, number) IN(runner, of_runner[number])

static int
is_none_or_float(PyObject *value)
{
    return value != NULL && (value == Py_None || PyFloat_CheckExact(value));
}

/* Whether an entry of a ladder is (price, size), of floats. */
static int
is_price(PyObject *entry)
{
    return PyTuple_CheckExact(entry) && PyTuple_GET_SIZE(entry) == 2 &&
           PyFloat_CheckExact(PyTuple_GET_ITEM(entry, 0)) && PyFloat_CheckExact(PyTuple_GET_ITEM(entry, 1));
}

static int
are_prices(PyObject *entries)
{
    if (entries == NULL || entries == Py_None || !PyList_CheckExact(entries)) {
        return entries == Py_None;
    }
    for (Py_ssize_t index = 0; index < PyList_GET_SIZE(entries); index++) {
        if (!is_price(PyList_GET_ITEM(entries, index))) {
            return 0;
        }
    }
    return 1;
}

/* Whether a change has floats in the ladders by price, and no ladders by level. */
static int
is_usual_change(PyObject *change)
{
    if (!Py_IS_TYPE(change, change_type)) {
        return 0;
    }
    int is_usual = CHANGE(change, ID) != NULL && PyLong_CheckExact(CHANGE(change, ID)) &&
                   is_none_or_float(CHANGE(change, HC));
    for (int slot = ATB; is_usual && slot <= SPB; slot++) {
        is_usual = are_prices(CHANGE(change, slot));
    }
    for (int slot = LTP; is_usual && slot <= SPF; slot++) {
        is_usual = is_none_or_float(CHANGE(change, slot));
    }
    for (int slot = BATB; is_usual && slot <= BDATL; slot++) {
        is_usual = CHANGE(change, slot) == Py_None;
    }
    return is_usual;
}

static int
is_usual_runner(PyObject *runner)
{
    if (!Py_IS_TYPE(runner, runner_type)) {
        return 0;
    }
    int is_usual = is_none_or_float(RUNNER(runner, BEST_BACK)) && is_none_or_float(RUNNER(runner, BEST_LAY));
    for (int slot = BACKS; is_usual && slot <= LIABILITIES; slot++) {
        is_usual = RUNNER(runner, slot) != NULL && PyDict_CheckExact(RUNNER(runner, slot));
    }
    return is_usual;
}

static void
set(PyObject *runner, int slot, PyObject *value)
{
    PyObject *before = RUNNER(runner, slot);
    RUNNER(runner, slot) = Py_NewRef(value);
    Py_XDECREF(before);
}

/* The best price of a side while its ladder is folded: none is 0.0 to back, and infinity to lay. */
struct best {
    enum side side;
    double value;
    PyObject *price; /* held; NULL for none */
};

static void
set_best(struct best *best, PyObject *price, double value)
{
    Py_XINCREF(price);
    Py_XSETREF(best->price, price);
    best->value = value;
}

static int
is_better(enum side side, double price, double than)
{
    return side == BACK ? price > than : side == LAY ? price < than : 0;
}

/* Look for the best price in a ladder. Functions that may fail return -1 with an error set, else 0. */
static int
search(PyObject *ladder, struct best *best)
{
    PyObject *price, *size;
    Py_ssize_t position = 0;
    set_best(best, NULL, best->side == BACK ? 0.0 : HUGE_VAL);
    while (PyDict_Next(ladder, &position, &price, &size)) {
        Py_INCREF(price);
        double value = PyFloat_AsDouble(price);
        int failed = value == -1.0 && PyErr_Occurred();
        if (!failed && (best->price == NULL || is_better(best->side, value, best->value))) {
            set_best(best, price, value);
        }
        Py_DECREF(price);
        if (failed) {
            return -1;
        }
    }
    return 0;
}

/* Apply one entry to a ladder: size 0 takes the price out, where it is in it. */
static int
fold_price(PyObject *ladder, PyObject *price, PyObject *size, struct best *best)
{
    double value = PyFloat_AS_DOUBLE(price);
    if (PyFloat_AS_DOUBLE(size) != 0.0) {
        if (PyDict_SetItem(ladder, price, size) < 0) {
            return -1;
        }
        if (is_better(best->side, value, best->value)) {
            set_best(best, price, value);
        }
        return 0;
    }
    int is_there = PyDict_Contains(ladder, price);
    if (is_there <= 0 || PyDict_DelItem(ladder, price) < 0) {
        return is_there == 0 ? 0 : -1;
    }
    return best->side != NEITHER && value == best->value ? search(ladder, best) : 0;
}

/* Fail where what was looked at is no longer what it was. */
static int
was_altered(void)
{
    PyErr_SetString(PyExc_RuntimeError, "a change or the book of a runner was altered while it was folded");
    return -1;
}

/* Apply entries, (price, size) each, to a ladder by price. */
static int
fold_prices(PyObject *ladder, PyObject *entries, struct best *best)
{
    int failed = 0;
    Py_INCREF(ladder);
    Py_INCREF(entries);
    for (Py_ssize_t index = 0; !failed && index < PyList_GET_SIZE(entries); index++) {
        PyObject *entry = Py_NewRef(PyList_GET_ITEM(entries, index));
        failed = is_price(entry)
                     ? fold_price(ladder, PyTuple_GET_ITEM(entry, 0), PyTuple_GET_ITEM(entry, 1), best)
                     : was_altered();
        Py_DECREF(entry);
    }
    Py_DECREF(entries);
    Py_DECREF(ladder);
    return failed;
}

/* Whether a ladder and the entries for it are still what they were when the change was found usual. */
static int
are_foldable(PyObject *ladder, PyObject *entries)
{
    return ladder != NULL && PyDict_CheckExact(ladder) && entries != NULL &&
           (entries == Py_None || PyList_CheckExact(entries));
}

/* Fold what is available on one side, and keep its best price: of the ladder, else of the levels. */
static int
fold_side(PyObject *runner, PyObject *change, enum side side)
{
    PyObject *ladder = RUNNER(runner, BACKS + side), *entries = CHANGE(change, ATB + side);
    PyObject *known = RUNNER(runner, BEST_BACK + side);
    if (!are_foldable(ladder, entries) || !is_none_or_float(known)) {
        return was_altered();
    }
    if (entries == Py_None) {
        return 0;
    }
    double none = side == BACK ? 0.0 : HUGE_VAL;
    struct best best = {side, none, NULL};
    if (PyDict_GET_SIZE(ladder) && known != Py_None && PyFloat_AS_DOUBLE(known) != 0.0) {
        set_best(&best, known, PyFloat_AS_DOUBLE(known));
    }
    int failed = fold_prices(ladder, entries, &best);
    if (!failed && best.value == none) {
        Py_XSETREF(best.price, PyObject_CallMethodNoArgs(runner, best_level_name[side]));
        failed = best.price == NULL ? -1 : 0;
    }
    if (!failed) {
        set(runner, BEST_BACK + side, best.price);
    }
    Py_XDECREF(best.price);
    return failed;
}

/* Fold a ladder that has no best price. */
static int
fold_ladder(PyObject *runner, PyObject *change, int number)
{
    PyObject *ladder = RUNNER(runner, number), *entries = CHANGE(change, ATB + number);
    if (!are_foldable(ladder, entries)) {
        return was_altered();
    }
    if (entries == Py_None) {
        return 0;
    }
    if (number == TRADED && PyList_GET_SIZE(entries) == 0) {
        PyDict_Clear(ladder);
        return 0;
    }
    struct best none = {NEITHER, 0.0, NULL};
    return fold_prices(ladder, entries, &none);
}

static int
fold_usual(PyObject *runner, PyObject *change)
{
    if (fold_side(runner, change, BACK) < 0 || fold_side(runner, change, LAY) < 0) {
        return -1;
    }
    for (int number = TRADED; number <= LIABILITIES; number++) {
        if (fold_ladder(runner, change, number) < 0) {
            return -1;
        }
    }
    for (int number = 0; number <= SPF - LTP; number++) {
        PyObject *value = CHANGE(change, LTP + number);
        if (value == NULL) {
            return was_altered();
        }
        if (value != Py_None) {
            set(runner, LAST + number, value);
        }
    }
    return 0;
}

/* Return the runner of a change, held; NULL where there is none such, or with an error. */
static PyObject *
find_runner(PyObject *runner_of, PyObject *change)
{
    PyObject *id = CHANGE(change, ID), *handicap = CHANGE(change, HC);
    if (handicap == Py_None || PyFloat_AS_DOUBLE(handicap) == 0.0) {
        Py_INCREF(id);
        PyObject *found = Py_XNewRef(PyDict_GetItemWithError(runner_of, id));
        Py_DECREF(id);
        return found;
    }
    PyObject *key = PyTuple_Pack(2, id, handicap);
    PyObject *runner = key == NULL ? NULL : PyDict_GetItemWithError(runner_of, key);
    Py_XINCREF(runner);
    Py_XDECREF(key);
    return runner;
}

/* Hand a change that is no usual one to Python. */
static int
fold_otherwise(PyObject *book, PyObject *change)
{
    PyObject *alone = PyList_New(1);
    if (alone == NULL) {
        return -1;
    }
    PyList_SET_ITEM(alone, 0, Py_NewRef(change));
    PyObject *done = PyObject_CallFunctionObjArgs(fold_in_python, book, alone, NULL);
    Py_DECREF(alone);
    Py_XDECREF(done);
    return done == NULL ? -1 : 0;
}

static int
fold_change(PyObject *book, PyObject *runner_of, PyObject *change)
{
    PyObject *runner = is_usual_change(change) ? find_runner(runner_of, change) : NULL;
    if (runner == NULL && PyErr_Occurred()) {
        return -1;
    }
    int is_usual = runner != NULL && is_usual_runner(runner);
    int failed = is_usual ? fold_usual(runner, change) : fold_otherwise(book, change);
    Py_XDECREF(runner);
    return failed;
}

PyDoc_STRVAR(fold_doc,
             "fold_runner_changes(book, changes, /)\n--\n\n"
             "Fold what changed for runners into the book of their market.");

static PyObject *
fold_runner_changes(PyObject *module, PyObject *const *arguments, Py_ssize_t count)
{
    if (count != 2) {
        PyErr_Format(PyExc_TypeError, "fold_runner_changes() takes a book and changes, not %zd", count);
        return NULL;
    }
    PyObject *book = arguments[0], *changes = arguments[1];
    PyObject *runner_of = PyObject_GetAttr(book, runner_of_name);
    if (runner_of == NULL) {
        return NULL;
    }
    if (!PyDict_CheckExact(runner_of) || !PyList_CheckExact(changes)) {
        Py_DECREF(runner_of);
        return PyObject_CallFunctionObjArgs(fold_in_python, book, changes, NULL);
    }
    int failed = 0;
    for (Py_ssize_t index = 0; !failed && index < PyList_GET_SIZE(changes); index++) {
        PyObject *change = Py_NewRef(PyList_GET_ITEM(changes, index));
        failed = fold_change(book, runner_of, change);
        Py_DECREF(change);
    }
    Py_DECREF(runner_of);
    return failed ? NULL : Py_NewRef(Py_None);
}

static PyObject *
import(const char *module_name, const char *name)
{
    PyObject *module = PyImport_ImportModule(module_name);
    PyObject *found = module == NULL ? NULL : PyObject_GetAttrString(module, name);
    Py_XDECREF(module);
    return found;
}

/* Ask a class where its slots are. */
static int
find_slots(PyTypeObject *type, struct slot *slots, int count)
{
    for (struct slot *slot = slots; slot < slots + count; slot++) {
        PyObject *found = PyObject_GetAttrString((PyObject *)type, slot->name);
        PyMemberDef *member = found != NULL && Py_IS_TYPE(found, &PyMemberDescr_Type)
                                  ? ((PyMemberDescrObject *)found)->d_member
                                  : NULL;
        Py_XDECREF(found); /* the class holds it */
        if (member == NULL || member->type != T_OBJECT_EX) {
            PyErr_Format(PyExc_ImportError, "%.100s has no slot %s", type->tp_name, slot->name);
            return -1;
        }
        slot->place = member->offset;
    }
    return 0;
}

static PyMethodDef functions[] = {
    {"fold_runner_changes", (PyCFunction)(void (*)(void))fold_runner_changes, METH_FASTCALL, fold_doc},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "_folding", PyDoc_STR("The usual changes, folded faster."), -1, functions,
};

PyMODINIT_FUNC
PyInit__folding(void)
{
    change_type = (PyTypeObject *)import("betflow.wire.stream", "RunnerChange");
    runner_type = (PyTypeObject *)import("betflow.exchange.runner_book", "RunnerBook");
    fold_in_python = import("betflow.exchange.folding", "fold_runner_changes");
    runner_of_name = PyUnicode_InternFromString("_runner_of");
    best_level_name[BACK] = PyUnicode_InternFromString("_best_back_level");
    best_level_name[LAY] = PyUnicode_InternFromString("_best_lay_level");
    if (change_type == NULL || runner_type == NULL || fold_in_python == NULL || runner_of_name == NULL ||
        best_level_name[BACK] == NULL || best_level_name[LAY] == NULL) {
        return NULL;
    }
    if (find_slots(change_type, of_change, CHANGE_SLOTS) < 0 ||
        find_slots(runner_type, of_runner, RUNNER_SLOTS) < 0) {
        return NULL;
    }
    return PyModule_Create(&definition);
}
