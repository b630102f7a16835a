export default { forbidden: [], options: { exclude: { path: '^contexts/' } } };
